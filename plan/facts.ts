import { type NodeGroup, nodeGroups } from './nodes.ts';
import type { Plan } from './plan-json.ts';
import { Resources } from './resources.ts';
import { type RouterGroup, routerGroups } from './routers.ts';
import type { Surroundings } from './surroundings.ts';
import type { Synthesized } from './synthesized.ts';
import { type Traffic, trafficOf } from './traffic.ts';

/** Everything that rules look at. Made once for a plan. */
export class Facts extends Resources {
  readonly plan: Plan | undefined;
  readonly synthesized: Synthesized | undefined;
  readonly surroundings: Surroundings;
  readonly traffic: Traffic | undefined;
  /** Groups of GPU machines. */
  readonly nodes: readonly NodeGroup[];
  readonly routers: readonly RouterGroup[];

  constructor(plan: Plan | undefined, synthesized: Synthesized | undefined, surroundings: Surroundings) {
    super(plan, synthesized);
    this.plan = plan;
    this.synthesized = synthesized;
    this.surroundings = surroundings;
    this.traffic = trafficOf(this, plan);
    this.nodes = nodeGroups(this, this.traffic);
    this.routers = routerGroups(this);
  }
}
