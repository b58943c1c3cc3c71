import type { CloudRunV2Service } from '@cdktf/provider-google/lib/cloud-run-v2-service/index.js';
import { ComputeBackendService } from '@cdktf/provider-google/lib/compute-backend-service/index.js';
import { ComputeGlobalAddress } from '@cdktf/provider-google/lib/compute-global-address/index.js';
import { ComputeGlobalForwardingRule } from '@cdktf/provider-google/lib/compute-global-forwarding-rule/index.js';
import { ComputeManagedSslCertificate } from '@cdktf/provider-google/lib/compute-managed-ssl-certificate/index.js';
import { ComputeRegionNetworkEndpointGroup } from '@cdktf/provider-google/lib/compute-region-network-endpoint-group/index.js';
import { ComputeSslPolicy } from '@cdktf/provider-google/lib/compute-ssl-policy/index.js';
import { ComputeTargetHttpProxy } from '@cdktf/provider-google/lib/compute-target-http-proxy/index.js';
import { ComputeTargetHttpsProxy } from '@cdktf/provider-google/lib/compute-target-https-proxy/index.js';
import { ComputeUrlMap } from '@cdktf/provider-google/lib/compute-url-map/index.js';
import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { resourceName } from '../../workloads/google-names.ts';
import type { Place } from './place.ts';

export interface GatewayEntranceProps {
  readonly environment: Environment;
  readonly place: Place;
  readonly service: CloudRunV2Service;
}

const SCHEME = 'EXTERNAL_MANAGED';

/**
 * The way in from the internet: one address, HTTPS with a certificate that Google makes for the domain, HTTP only to
 * say so. The domain's A record must lead to the address before the certificate can be made.
 */
export class GatewayEntrance extends Construct {
  constructor(scope: Construct, id: string, { environment, place, service }: GatewayEntranceProps) {
    super(scope, id);
    const { domain, firewall } = environment.gateway;
    if (domain === undefined) throw new Error(`the public gateway of ${environment.name} has no domain`);
    const named = (...parts: string[]) => ({
      name: resourceName(place.environment, ['gateway', ...parts]),
    });

    const address = new ComputeGlobalAddress(this, 'address', named('address'));
    const group = new ComputeRegionNetworkEndpointGroup(this, 'group', {
      ...named('group'),
      region: place.region,
      networkEndpointType: 'SERVERLESS',
      cloudRun: { service: service.name },
    });
    const backend = new ComputeBackendService(this, 'backend', {
      ...named('backend'),
      loadBalancingScheme: SCHEME,
      protocol: 'HTTPS',
      backend: [{ group: group.id }],
      securityPolicy: firewall,
      logConfig: { enable: true, sampleRate: 1 },
    });
    const routes = new ComputeUrlMap(this, 'routes', {
      ...named('routes'),
      defaultService: backend.id,
    });
    // Another domain is another certificate, made before the old one goes.
    const certificate = new ComputeManagedSslCertificate(this, 'certificate', {
      ...named('certificate', domain),
      managed: { domains: [domain] },
      lifecycle: { createBeforeDestroy: true },
    });
    const policy = new ComputeSslPolicy(this, 'tls', {
      ...named('tls'),
      profile: 'RESTRICTED',
      minTlsVersion: 'TLS_1_2',
    });
    const proxy = new ComputeTargetHttpsProxy(this, 'proxy', {
      ...named('proxy'),
      urlMap: routes.id,
      sslCertificates: [certificate.id],
      sslPolicy: policy.id,
    });
    const rule = { loadBalancingScheme: SCHEME, ipAddress: address.id };
    new ComputeGlobalForwardingRule(this, 'https', {
      ...named('https'),
      ...rule,
      portRange: '443',
      target: proxy.id,
    });
    const redirect = new ComputeUrlMap(this, 'redirect', {
      ...named('redirect'),
      defaultUrlRedirect: { httpsRedirect: true, stripQuery: false },
    });
    const plain = new ComputeTargetHttpProxy(this, 'plain-proxy', {
      ...named('plain-proxy'),
      urlMap: redirect.id,
    });
    new ComputeGlobalForwardingRule(this, 'http', {
      ...named('http'),
      ...rule,
      portRange: '80',
      target: plain.id,
    });
  }
}
