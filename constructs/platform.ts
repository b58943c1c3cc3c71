import type { Construct } from 'constructs';
import type { Release } from '../contracts/release.ts';
import type { Document } from '../workloads/document.ts';
import type { Topology } from '../workloads/topology.ts';

/** What the router is given: the one document that carries weights, and who serves each release. */
export interface RouterProps {
  /** nginx.conf: releases, weights, salts, limits. A weight change changes this and nothing else. */
  readonly weights: Document;
  /** servers.json: the servers of each release, or the ports of machines that the router agent finds. */
  readonly servers: Document;
}

/** A part that is described by one document. */
export interface DocumentProps {
  readonly document: Document;
}

/** What Prometheus, and where the environment wants them Alertmanager and Grafana, are given. */
export interface ObservabilityProps {
  readonly prometheus: Document;
  /** Recording rules and alerts, which Prometheus' document names as `rules.yml`. */
  readonly rules: Document;
  readonly alertmanager?: Document;
  /** By path below Grafana's folder. */
  readonly grafana?: Readonly<Record<string, Document>>;
}

/**
 * What a platform must offer. It delivers documents and runs programs; what the documents say is decided in
 * `workloads/`, so that every platform runs the same.
 */
export interface Platform {
  readonly topology: Topology;
  /** The servers of one release of own nodes. */
  nodes(scope: Construct, release: Release): void;
  /** A stand-in for a public endpoint, for rehearsal. */
  simulatedEndpoint(scope: Construct, endpoint: string): void;
  egress(scope: Construct, props: DocumentProps): void;
  router(scope: Construct, props: RouterProps): void;
  gateway(scope: Construct, props: DocumentProps): void;
  observability(scope: Construct, props: ObservabilityProps): void;
  /** What gateways share; asked for before they are. */
  redis(scope: Construct): void;
  /** Reviews pull requests. Absent: it runs none, and no environment on it has one. */
  reviewer?(scope: Construct): void;
}
