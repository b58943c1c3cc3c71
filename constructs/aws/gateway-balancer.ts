import { Lb } from '@cdktf/provider-aws/lib/lb/index.js';
import { LbListener } from '@cdktf/provider-aws/lib/lb-listener/index.js';
import { LbTargetGroup } from '@cdktf/provider-aws/lib/lb-target-group/index.js';
import { Wafv2WebAclAssociation } from '@cdktf/provider-aws/lib/wafv2-web-acl-association/index.js';
import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { boundedName } from '../../workloads/bounded-name.ts';
import type { Access } from './access.ts';
import type { Network } from './network.ts';

export interface GatewayBalancerProps {
  readonly environment: Environment;
  readonly network: Network;
  readonly access: Access;
}

const LONGEST_NAME = 32;
const HTTPS = 443;
const HTTP = 80;
const TLS_POLICY = 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06';
/** What ECS waits for running requests before it stops an instance, on top of the instance's own drain. */
const DEREGISTRATION_SECONDS = 30;

/** Takes HTTPS from clients and spreads it over the gateway's instances, in the network or from the internet. */
export class GatewayBalancer extends Construct {
  readonly listener: LbListener;
  readonly targets: LbTargetGroup;

  constructor(scope: Construct, id: string, { environment, network, access }: GatewayBalancerProps) {
    super(scope, id);
    const { exposure, certificate, firewall, port, adminPort, requestTimeout } = environment.gateway;
    const isPublic = exposure === 'public';
    const name = boundedName(['fleet', environment.name, 'gateway'], LONGEST_NAME);
    const balancer = new Lb(this, 'Resource', {
      name,
      loadBalancerType: 'application',
      internal: !isPublic,
      subnets: network.zones.map(({ open, gateway }) => (isPublic ? open : gateway).resource.id),
      securityGroups: [access.clients.resource.id],
      dropInvalidHeaderFields: true,
      idleTimeout: requestTimeout,
    });
    this.targets = new LbTargetGroup(this, 'instances', {
      name,
      vpcId: network.vpc.id,
      targetType: 'ip',
      protocol: 'HTTP',
      port,
      loadBalancingAlgorithmType: 'least_outstanding_requests',
      deregistrationDelay: String(DEREGISTRATION_SECONDS),
      healthCheck: {
        protocol: 'HTTP',
        port: String(adminPort),
        path: '/ready',
        matcher: '200',
        interval: 10,
        timeout: 5,
        healthyThreshold: 2,
        unhealthyThreshold: 3,
      },
    });
    this.listener = new LbListener(this, 'https', {
      loadBalancerArn: balancer.arn,
      protocol: 'HTTPS',
      port: HTTPS,
      sslPolicy: TLS_POLICY,
      certificateArn: certificate,
      defaultAction: [{ type: 'forward', targetGroupArn: this.targets.arn }],
    });
    access.clients.acceptFrom(isPublic ? '0.0.0.0/0' : network.cidr, { what: 'https', from: HTTPS });
    if (!isPublic) return;
    new LbListener(this, 'http', {
      loadBalancerArn: balancer.arn,
      protocol: 'HTTP',
      port: HTTP,
      defaultAction: [
        { type: 'redirect', redirect: { protocol: 'HTTPS', port: String(HTTPS), statusCode: 'HTTP_301' } },
      ],
    });
    access.clients.acceptFrom('0.0.0.0/0', { what: 'http', from: HTTP });
    if (firewall !== undefined)
      new Wafv2WebAclAssociation(this, 'firewall', { resourceArn: balancer.arn, webAclArn: firewall });
  }
}
