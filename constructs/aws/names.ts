import { Route53Zone } from '@cdktf/provider-aws/lib/route53-zone/index.js';
import type { Vpc } from '@cdktf/provider-aws/lib/vpc/index.js';
import { Construct } from 'constructs';

export interface NamesProps {
  readonly environment: string;
  readonly vpc: Vpc;
}

/** Private zone of `<part>.<environment>.fleet.internal`; parts add their records. */
export class Names extends Construct {
  readonly resource: Route53Zone;
  readonly domain: string;

  constructor(scope: Construct, id: string, { environment, vpc }: NamesProps) {
    super(scope, id);
    this.domain = `${environment}.fleet.internal`;
    this.resource = new Route53Zone(this, 'Resource', {
      name: this.domain,
      comment: 'where the parts of the environment find each other',
      vpc: [{ vpcId: vpc.id }],
    });
  }
}
