import type { Resources } from './resources.ts';
import type { Subject } from './subject.ts';
import { UNKNOWN, type Unknown, type View } from './view.ts';

/** A rule of a firewall that lets somebody in. */
export interface Opening {
  readonly address: string;
  /** Ranges of TCP or UDP ports, both ends inside. */
  readonly ports: readonly (readonly [number, number])[] | Unknown;
  readonly cidrs: readonly string[] | Unknown;
}

const EVERY_PORT = [0, 65_535] as const;
/** Protocols without ports. */
const PORTLESS = ['icmp', 'icmpv6', '1', '58', 'esp', 'ah'];
const ALL_PROTOCOLS = ['-1', 'all'];

/** Every way in that a plan's firewalls leave, in one shape. */
export function openings(resources: Resources): Opening[] {
  return [
    ...resources.wanted('aws_security_group', 'aws_default_security_group').flatMap(inlineRules),
    ...resources
      .wanted('aws_security_group_rule')
      .flatMap((subject) =>
        subject.after?.get('type') === 'egress' ? [] : awsRule(subject, subject.after, 'protocol'),
      ),
    ...resources
      .wanted('aws_vpc_security_group_ingress_rule')
      .flatMap((subject) => awsRule(subject, subject.after, 'ip_protocol')),
    ...resources.wanted('google_compute_firewall').flatMap(googleRules),
  ];
}

function inlineRules(subject: Subject): Opening[] {
  const rules = subject.blocks('ingress');
  if (rules === UNKNOWN) return [{ address: subject.address, ports: UNKNOWN, cidrs: UNKNOWN }];
  return rules.flatMap((rule) => awsRule(subject, rule, 'protocol'));
}

function awsRule({ address }: Subject, rule: View | undefined, protocolKey: string): Opening[] {
  if (rule === undefined) return [];
  const protocol = rule.text(protocolKey);
  if (protocol !== UNKNOWN && PORTLESS.includes(protocol ?? '')) return [];
  const cidrs = joined(rule, ['cidr_blocks', 'ipv6_cidr_blocks', 'cidr_ipv4', 'cidr_ipv6']);
  if (cidrs !== UNKNOWN && cidrs.length === 0) return [];
  return [{ address, cidrs, ports: awsPorts(rule, protocol) }];
}

function awsPorts(rule: View, protocol: string | Unknown | undefined): Opening['ports'] {
  if (protocol === UNKNOWN) return UNKNOWN;
  if (ALL_PROTOCOLS.includes(protocol ?? '-1')) return [EVERY_PORT];
  const from = rule.number('from_port');
  const to = rule.number('to_port');
  if (from === UNKNOWN || to === UNKNOWN) return UNKNOWN;
  return [from === undefined || to === undefined ? EVERY_PORT : [from, to]];
}

/** An unknown list is unknown, unless the rule names no such list at all. */
function joined(rule: View, keys: readonly string[]): readonly string[] | Unknown {
  const lists = keys.map((key) => rule.texts(key));
  return lists.includes(UNKNOWN) ? UNKNOWN : (lists as readonly (readonly string[])[]).flat();
}

const RESTRICTIONS = ['source_ranges', 'source_tags', 'source_service_accounts'];

function googleRules(subject: Subject): Opening[] {
  const { after, address } = subject;
  if (after === undefined || after.get('direction') === 'EGRESS' || after.get('disabled') === true) return [];
  const allow = subject.blocks('allow');
  if (allow === UNKNOWN) return [{ address, ports: UNKNOWN, cidrs: sourcesOf(after) }];
  return allow
    .filter((rule) => !PORTLESS.includes(String(rule.values.protocol)))
    .map((rule) => ({ address, cidrs: sourcesOf(after), ports: googlePorts(rule) }));
}

/** A firewall rule that names no source at all is for every source. */
function sourcesOf(after: View): readonly string[] | Unknown {
  const unrestricted = RESTRICTIONS.every((key) => {
    const list = after.texts(key);
    return list !== UNKNOWN && list.length === 0;
  });
  return unrestricted ? ['0.0.0.0/0'] : after.texts('source_ranges');
}

function googlePorts(rule: View): Opening['ports'] {
  const ports = rule.texts('ports');
  if (ports === UNKNOWN || rule.get('protocol') === UNKNOWN) return UNKNOWN;
  if (ports.length === 0) return [EVERY_PORT];
  return ports.map((range) => {
    const [from = '', to = from] = range.split('-');
    return [Number(from), Number(to)] as const;
  });
}
