import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js';
import { Construct } from 'constructs';
import { routerRole, routerRoleArn } from '../../workloads/aws-names.ts';
import type { Place } from './place.ts';
import { policyDocument, roleTrust, type Statement } from './policy.ts';

export interface RouterPartRoleProps {
  readonly environment: string;
  readonly place: Place;
  readonly part: 'router-agent' | 'egress';
  readonly description: string;
  readonly rights: readonly Statement[];
}

/** Who a program on a router machine is, and all that it may do. The machine takes this role for it, and nobody else may. */
export class RouterPartRole extends Construct {
  constructor(scope: Construct, id: string, props: RouterPartRoleProps) {
    super(scope, id);
    const { environment, place, part, description, rights } = props;
    const role = new IamRole(this, 'Resource', {
      name: routerRole(environment, place.region, part),
      description,
      assumeRolePolicy: roleTrust(place, routerRoleArn(environment, place, 'router')),
    });
    new IamRolePolicy(this, 'policy', { role: role.id, name: part, policy: policyDocument(rights) });
  }
}
