import type { Rule } from './rule.ts';
import * as identity from './rules/identity.ts';
import * as lifecycle from './rules/lifecycle.ts';
import * as money from './rules/money.ts';
import * as names from './rules/names.ts';
import * as network from './rules/network.ts';
import * as plan from './rules/plan.ts';
import * as secrets from './rules/secrets.ts';
import * as serving from './rules/serving.ts';
import * as software from './rules/software.ts';
import * as state from './rules/state.ts';
import * as storage from './rules/storage.ts';
import * as traffic from './rules/traffic.ts';

/** All rules, the ones that need no judgement of the reader first. */
export const CATALOGUE: readonly Rule[] = [
  ...[
    lifecycle.releaseInterrupted,
    lifecycle.gpuNodesReplaced,
    lifecycle.gpuNodesDestroyed,
    lifecycle.gpuGroupSmaller,
    lifecycle.routersReplacedAtOnce,
  ],
  ...[lifecycle.stateDestroyed, lifecycle.forgotten, lifecycle.protectionOff],
  ...[secrets.secretInClear, secrets.secretInState, secrets.secretInScript],
  ...[
    network.publicPort,
    network.sshPort,
    network.publicAddress,
    network.publishedEverywhere,
    network.publicWithoutTls,
  ],
  ...[network.publicService, storage.publicBucket, software.grafanaOpen],
  ...[
    identity.broadPermissions,
    identity.broadTrust,
    identity.defaultIdentity,
    identity.metadataWithoutToken,
  ],
  software.containerOwnsHost,
  ...[
    traffic.weightsSum,
    traffic.canaryStep,
    traffic.canaryWithoutNodes,
    traffic.rolloutOpen,
    traffic.weightsNotAlone,
  ],
  ...[money.overBudget, money.unknownPrice, money.irrevocablePurchase, money.instancesUnbounded],
  ...[storage.diskUnencrypted, storage.versioningOff],
  ...[software.imageUnpinned, software.dangerousVllmFlag, software.machineImageUnpinned],
  ...[state.stateLocal, state.stateUnlocked, state.stateUnencrypted, state.stateShared],
  ...[plan.planIncomplete, plan.checkFailed, plan.wrongAccount, names.nameRefused, plan.drift],
  ...[secrets.secretVersionLatest, lifecycle.goneBeforeCreated, lifecycle.massDestruction],
  ...[
    serving.openEgress,
    serving.gatewayWithoutNetwork,
    serving.unshieldedMachine,
    serving.modelRevisionUnpinned,
    serving.drainCut,
  ],
];

export function ruleNamed(id: string): Rule | undefined {
  return CATALOGUE.find((rule) => rule.id === id);
}
