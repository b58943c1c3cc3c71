import { isWorld } from '../addresses.ts';
import { bootTexts } from '../boot-texts.ts';
import type { Facts } from '../facts.ts';
import { fail, type Observation, type Rule, unknown, WARN } from '../rule.ts';
import type { Subject } from '../subject.ts';
import { UNKNOWN, type View } from '../view.ts';

export const openEgress: Rule = {
  id: 'open-egress',
  topic: 'network',
  title: 'machines reach the internet through named ports, if at all',
  why: 'Whoever gets into a model server takes weights and prompts out through any port that is open.',
  fix: 'Name the port, 443 as a rule, or reach the cloud’s services through private endpoints: `network.nodesReachInternet: false`.',
  severity: WARN,
  check: (facts) => [
    ...facts
      .wanted('aws_vpc_security_group_egress_rule')
      .flatMap(({ address, after }) => everywhere(address, after, 'ip_protocol')),
    ...facts.wanted('aws_security_group').flatMap((subject) => {
      const rules = subject.blocks('egress');
      if (rules === UNKNOWN) return [unknown(subject.address, 'its egress is only known after the apply')];
      return rules.flatMap((rule) => everywhere(subject.address, rule, 'protocol'));
    }),
  ],
};

function everywhere(address: string, rule: View | undefined, protocolKey: string): Observation[] {
  const protocol = rule?.text(protocolKey);
  if (protocol !== '-1' && protocol !== UNKNOWN) return [];
  const lists = ['cidr_blocks', 'ipv6_cidr_blocks', 'cidr_ipv4', 'cidr_ipv6'].map((key) => rule?.texts(key));
  const ranges = lists.flatMap((list) => (list === UNKNOWN || list === undefined ? [] : list));
  if (!ranges.some(isWorld))
    return lists.includes(UNKNOWN) ? [unknown(address, 'where it leads is only known after the apply')] : [];
  return protocol === UNKNOWN
    ? [unknown(address, 'the ports that lead to the internet are only known after the apply')]
    : [fail(address, 'every port leads to the whole internet')];
}

export const gatewayWithoutNetwork: Rule = {
  id: 'gateway-without-network',
  topic: 'network',
  title: 'a service reaches private addresses through a network',
  why: 'Cloud Run has no way to a private network of its own accord: every request to a node would fail.',
  fix: 'template { vpc_access { network_interfaces { … } } }, or a connector.',
  severity: WARN,
  check: (facts) =>
    facts.wanted('google_cloud_run_v2_service').flatMap((subject) => {
      const template = subject.blocks('template');
      if (template === UNKNOWN)
        return [unknown(subject.address, 'its network is only known after the apply')];
      return template.flatMap((view) => {
        const access = view.blocks('vpc_access');
        if (access === UNKNOWN)
          return [unknown(subject.address, 'its network is only known after the apply')];
        return access.length === 0 ? [fail(subject.address, 'it is in no network')] : [];
      });
    }),
};

const GOOGLE_MACHINES = [
  'google_compute_instance',
  'google_compute_instance_template',
  'google_compute_region_instance_template',
];

export const unshieldedMachine: Rule = {
  id: 'unshielded-machine',
  topic: 'storage',
  title: 'machines of Google boot with a virtual TPM and integrity monitoring',
  why: 'What was changed in the boot chain is seen by nobody otherwise.',
  fix: 'shielded_instance_config { enable_vtpm = true, enable_integrity_monitoring = true }; secure boot too, where the GPU driver is signed.',
  severity: WARN,
  check: (facts) => facts.wanted(...GOOGLE_MACHINES).flatMap(shield),
};

export const drainCut: Rule = {
  id: 'drain-cut',
  topic: 'traffic',
  title: 'requests have the time to finish that `drain` gives them',
  why: 'A cloud ends a machine when its own time is over: answers that run longer are cut, and their clients see a broken stream.',
  fix: 'Give a `drain` that the cloud waits for, and take machines only from releases at weight 0 (docs/operations/nodes.md, "Stopping").',
  severity: WARN,
  check: ({ surroundings: { cutDrains = [] } }) =>
    cutDrains.map(({ path, message }) => ({ ...fail(undefined, `${path.join('.')}: ${message}`), path })),
};

function shield(subject: Subject): Observation[] {
  const { address } = subject;
  const found = subject.blocks('shielded_instance_config');
  if (found === UNKNOWN) return [unknown(address, 'its shield is only known after the apply')];
  const [config] = found;
  // The provider's default for both is true, where the block is there.
  const flags = ['enable_vtpm', 'enable_integrity_monitoring'].map((key) => config?.get(key));
  if (config === undefined) return [fail(address, 'it has no shielded_instance_config')];
  if (flags.includes(UNKNOWN)) return [unknown(address, 'its shield is only known after the apply')];
  return flags.includes(false) ? [fail(address, 'a part of its shield is switched off')] : [];
}

/** A name on the hub, not a folder: `vllm serve openai/gpt-oss-20b`, `--model openai/gpt-oss-20b`. */
const HUB_MODEL = /(?:\bvllm\s+serve|--model[= ])\s*["']?([A-Za-z0-9][\w.-]*\/[\w.-]+)/;
const REVISION = /--revision[= ]["']?[0-9a-f]{40}\b/;

export const modelRevisionUnpinned: Rule = {
  id: 'model-revision-unpinned',
  topic: 'software',
  title: 'a model from the hub is named by its revision',
  why: 'Its owner may change the weights, and machines of one release would then answer differently.',
  fix: '--revision <commit, 40 digits>, or load the weights from a bucket of your own: `fleet weights push`.',
  severity: WARN,
  check: (facts: Facts) =>
    bootTexts(facts).flatMap(({ address, text }) => {
      if (text === undefined) return [unknown(address, 'what it runs is only known after the apply')];
      const model = HUB_MODEL.exec(text)?.[1];
      return model === undefined || REVISION.test(text)
        ? []
        : [fail(address, `${model} is loaded without a revision`)];
    }),
};
