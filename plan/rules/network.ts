import { isPrivate, isWorld } from '../addresses.ts';
import type { Facts } from '../facts.ts';
import { type Opening, openings } from '../openings.ts';
import {
  DENY,
  DENY_IN_PRODUCTION,
  DENY_OUTSIDE_DEVELOPMENT,
  fail,
  type Observation,
  type Rule,
  unknown,
} from '../rule.ts';
import type { Subject } from '../subject.ts';
import { UNKNOWN, type View } from '../view.ts';

/** Google's identity-aware proxy. */
const IAP = '35.235.240.0/20';

export const publicPort: Rule = {
  id: 'public-port',
  topic: 'network',
  title: 'the internet reaches nothing but a public gateway',
  why: 'vLLM, Prometheus and the router answer whoever reaches them; most paths of vLLM ask for no key.',
  fix: 'Accept from the router’s security group or the private network. For a public gateway set `gateway.exposure: public`.',
  severity: DENY,
  check: (facts) => openings(facts).flatMap((opening) => publicly(opening, allowedPorts(facts))),
};

function allowedPorts({ surroundings: { exposure, gatewayPort } }: Facts): readonly number[] {
  if (exposure === 'internal') return [];
  return [80, 443, ...(exposure === 'public' && gatewayPort !== undefined ? [gatewayPort] : [])];
}

function publicly({ address, ports, cidrs }: Opening, allowed: readonly number[]): Observation[] {
  if (cidrs === UNKNOWN) return [unknown(address, 'who may come in is only known after the apply')];
  const world = cidrs.filter(isWorld);
  if (world.length === 0) return [];
  if (ports === UNKNOWN)
    return [
      unknown(address, `${world.join(', ')} may come in, to ports that are only known after the apply`),
    ];
  const inside = ports.every(([from, to]) => from === to && allowed.includes(from));
  return inside ? [] : [fail(address, `${world.join(', ')} may reach ${portsIn(ports)}`)];
}

function portsIn(ports: readonly (readonly [number, number])[]): string {
  return ports
    .map(([from, to]) =>
      from === 0 && to === 65_535 ? 'every port' : from === to ? `port ${from}` : `ports ${from} to ${to}`,
    )
    .join(', ');
}

export const sshPort: Rule = {
  id: 'ssh-port',
  topic: 'network',
  title: 'SSH comes through the identity-aware proxy or Session Manager alone',
  why: 'A port that is open for an office is open for whoever gets that address.',
  fix: `Google: accept tcp/22 from ${IAP}. AWS: accept no tcp/22, and use Session Manager.`,
  severity: DENY_OUTSIDE_DEVELOPMENT,
  check: (facts) => openings(facts).flatMap(sshFrom),
};

function sshFrom({ address, ports, cidrs }: Opening): Observation[] {
  if (ports === UNKNOWN || !ports.some(([from, to]) => from <= 22 && 22 <= to)) return [];
  if (cidrs === UNKNOWN)
    return [unknown(address, 'SSH is accepted from addresses that are only known after the apply')];
  const direct = cidrs.filter((cidr) => cidr !== IAP && !isWorld(cidr) && !isPrivate(cidr));
  return direct.length === 0 ? [] : [fail(address, `SSH is accepted from ${direct.join(', ')}`)];
}

export const publicAddress: Rule = {
  id: 'public-address',
  topic: 'network',
  title: 'machines have no public address',
  why: 'A machine with an address on the internet is one firewall mistake away from serving it.',
  fix: 'Leave the public address out; a NAT gateway, private endpoints and a load balancer do what it was for.',
  severity: DENY_OUTSIDE_DEVELOPMENT,
  check: (facts) => [
    ...facts
      .wanted('aws_instance')
      .flatMap((subject) => flagged(subject, subject.after, 'associate_public_ip_address')),
    ...facts
      .wanted('aws_db_instance')
      .flatMap((subject) => flagged(subject, subject.after, 'publicly_accessible')),
    ...facts
      .wanted('aws_launch_template')
      .flatMap((subject) =>
        interfaces(subject, 'network_interfaces', (view) =>
          flagged(subject, view, 'associate_public_ip_address', 'network_interfaces'),
        ),
      ),
    ...facts
      .wanted(
        'google_compute_instance',
        'google_compute_instance_template',
        'google_compute_region_instance_template',
      )
      .flatMap((subject) =>
        interfaces(subject, 'network_interface', (view) => accessConfigs(subject.address, view)),
      ),
  ],
};

function interfaces(subject: Subject, key: string, judge: (view: View) => Observation[]): Observation[] {
  const found = subject.blocks(key);
  return found === UNKNOWN
    ? [unknown(subject.address, 'its network interfaces are only known after the apply')]
    : found.flatMap(judge);
}

/** What nobody writes is as the subnet says, and that is not in the plan. */
function flagged(subject: Subject, view: View | undefined, key: string, block?: string): Observation[] {
  const flag = view?.flag(key);
  if (flag === true) return [fail(subject.address, `${key} is true`)];
  return flag === UNKNOWN && subject.says(key, block)
    ? [unknown(subject.address, `${key} is only known after the apply`)]
    : [];
}

function accessConfigs(address: string, networkInterface: View): Observation[] {
  return ['access_config', 'ipv6_access_config'].flatMap((key) => {
    const found = networkInterface.blocks(key);
    if (found === UNKNOWN) return [unknown(address, `${key} is only known after the apply`)];
    return found.length > 0
      ? [fail(address, `a network interface has ${key}, which is a public address`)]
      : [];
  });
}

export const publishedEverywhere: Rule = {
  id: 'published-everywhere',
  topic: 'network',
  title: 'containers publish their ports on one address of the host',
  why: 'Docker publishes on every interface unless told otherwise, and its rules come before those of the host’s firewall.',
  fix: 'Give every published port an `ip`, such as 127.0.0.1.',
  severity: DENY_OUTSIDE_DEVELOPMENT,
  check: (facts) =>
    facts.wanted('docker_container').flatMap(({ address, after }) => {
      const ports = after?.blocks('ports') ?? [];
      if (ports === UNKNOWN) return [unknown(address, 'its ports are only known after the apply')];
      return ports.flatMap((port) => published(address, port));
    }),
};

function published(address: string, port: View): Observation[] {
  const ip = port.text('ip');
  const what = `port ${String(port.values.external ?? port.values.internal)}`;
  if (ip === UNKNOWN)
    return [unknown(address, `${what} is published on an address that is only known after the apply`)];
  const everywhere = ip === undefined || ip === '' || ip === '0.0.0.0' || ip === '::';
  return everywhere ? [fail(address, `${what} is published on every interface of the host`)] : [];
}

export const publicWithoutTls: Rule = {
  id: 'public-without-tls',
  topic: 'network',
  title: 'a load balancer that the internet reaches speaks TLS',
  why: 'Prompts and API keys would travel in clear.',
  fix: 'Give the listener protocol TLS or HTTPS and a certificate; a listener on port 80 may redirect and nothing else.',
  severity: DENY_IN_PRODUCTION,
  check: (facts) => {
    const facing = facts.wanted('aws_lb').some(({ after }) => after?.flag('internal') !== true);
    if (!facing) return [];
    return facts.wanted('aws_lb_listener').flatMap(({ address, after }) => {
      const protocol = after?.text('protocol');
      if (protocol === UNKNOWN) return [unknown(address, 'its protocol is only known after the apply')];
      const action = after?.block('default_action');
      const redirects = action !== undefined && action !== UNKNOWN && action.values.type === 'redirect';
      return protocol === 'TLS' || protocol === 'HTTPS' || redirects
        ? []
        : [fail(address, `protocol ${protocol ?? 'HTTP'} on a load balancer that the internet reaches`)];
    });
  },
};

export const publicService: Rule = {
  id: 'public-service',
  topic: 'network',
  title: 'the gateway is reached by whom `gateway.exposure` says',
  why: 'A gateway that everybody may call is paid for by its owner.',
  fix: 'Keep the load balancer internal, or the ingress closed and the invoker role with named accounts; or set `gateway.exposure: public`.',
  severity: DENY,
  check: (facts) =>
    facts.surroundings.exposure === 'public' ? [] : [...loadBalancers(facts), ...cloudRun(facts)],
};

function loadBalancers(facts: Facts): Observation[] {
  if (facts.surroundings.exposure === undefined) return [];
  return facts.wanted('aws_lb').flatMap(({ address, after }) => {
    const internal = after?.flag('internal');
    if (internal === true) return [];
    return internal === UNKNOWN
      ? [unknown(address, 'whether it is internal is only known after the apply')]
      : [fail(address, 'it faces the internet, and gateway.exposure is internal')];
  });
}

const EVERYBODY = ['allUsers', 'allAuthenticatedUsers'];

function cloudRun(facts: Facts): Observation[] {
  const open = facts.wanted('google_cloud_run_v2_service').filter(({ after }) => {
    const ingress = after?.get('ingress');
    return ingress === undefined || ingress === UNKNOWN || ingress === 'INGRESS_TRAFFIC_ALL';
  });
  if (open.length === 0) return [];
  const services = open.map(({ address }) => address).join(', ');
  const invokers = facts.wanted(
    'google_cloud_run_v2_service_iam_member',
    'google_cloud_run_v2_service_iam_binding',
  );
  return [
    ...open
      .filter(({ after }) => after?.get('invoker_iam_disabled') === true)
      .map(({ address }) => fail(address, 'open ingress, and nobody is asked who they are')),
    ...invokers.flatMap(({ address, after }) => {
      const member = after?.text('member');
      const members = after?.texts('members') ?? [];
      if (member === UNKNOWN || members === UNKNOWN)
        return [unknown(address, 'who may invoke it is only known after the apply')];
      const everybody = [member, ...members].find((one) => one !== undefined && EVERYBODY.includes(one));
      return everybody === undefined
        ? []
        : [fail(address, `${everybody} may invoke ${services}, whose ingress is open`)];
    }),
  ];
}
