import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { EC2Client, RunInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import {
  CreateBucketCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MACHINE_LABELS } from '../../contracts/machine-label.ts';
import { ROUTER_OBJECTS } from '../../contracts/router-agent-settings.ts';
import {
  picksUpChanges,
  refusesBrokenDocuments,
  survivesOutageAndRestarts,
  type TestBucket,
} from '../services/router-agent/bucket.ts';
import { MODEL, makePlace, untilStatus, withCanaryAt } from '../services/router-agent/support.ts';
import { Moto } from '../support/moto.ts';
import { temporaryFolder, until } from '../workloads/router-support.ts';

const region = 'eu-central-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const IMAGE = 'ami-12c6146b';

const moto = new Moto();
const metadata = metadataServer();
let s3: S3Client;
let ec2: EC2Client;

beforeAll(async () => {
  metadata.listen(0, '127.0.0.1');
  await Promise.all([once(metadata, 'listening'), moto.start()]);
  s3 = new S3Client({ endpoint: moto.url, region, forcePathStyle: true, credentials });
  ec2 = new EC2Client({ endpoint: moto.url, region, credentials });
}, 600_000);

afterAll(async () => {
  metadata.close();
  await moto.stop();
});

/** A machine's metadata service (version 2), which gives the credentials of its instance profile. */
function metadataServer(): Server {
  const session = 'session-token';
  const role = {
    Code: 'Success',
    Type: 'AWS-HMAC',
    AccessKeyId: 'machine',
    SecretAccessKey: 'machine',
    Token: 'machine',
    LastUpdated: new Date().toISOString(),
    Expiration: new Date(Date.now() + 6 * 3_600_000).toISOString(),
  };
  const roles = '/latest/meta-data/iam/security-credentials/';
  return createServer(({ url, method, headers }, response) => {
    if (method === 'PUT' && url === '/latest/api/token') return response.end(session);
    if (headers['x-aws-ec2-metadata-token'] !== session) return response.writeHead(401).end();
    if (url === roles) return response.end('router');
    if (url === `${roles}router`) return response.end(JSON.stringify(role));
    return response.writeHead(404).end();
  });
}

/** No keys: who the program is, only its machine says. */
function environmentOfMachine(port: number): NodeJS.ProcessEnv {
  const { port: metadataPort } = metadata.address() as AddressInfo;
  return {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${metadataPort}`,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_ACCESS_KEY_ID: undefined,
    AWS_SECRET_ACCESS_KEY: undefined,
  };
}

async function makeBucket(Bucket: string): Promise<TestBucket> {
  const LocationConstraint = region;
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint } }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  return {
    port: Number(new URL(moto.url).port),
    settings: {
      document: `s3://${Bucket}/${ROUTER_OBJECTS.document}`,
      servers: `s3://${Bucket}/${ROUTER_OBJECTS.servers}`,
      region,
    },
    env: environmentOfMachine,
    async put(object, Body) {
      const Key = object === 'nginx.conf' ? ROUTER_OBJECTS.document : ROUTER_OBJECTS.servers;
      await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    },
  };
}

test('a changed object of S3 is applied within 5 s', async () => {
  await picksUpChanges(await makeBucket('changes'));
});

test('who it is says a file that the machine writes, and the metadata service is not asked', async () => {
  const bucket = await makeBucket('identity');
  const file = join(temporaryFolder(), 'identity.json');
  writeFileSync(
    file,
    JSON.stringify({
      ...{ Version: 1, AccessKeyId: 'agent', SecretAccessKey: 'agent', SessionToken: 'agent' },
      Expiration: new Date(Date.now() + 3_600_000).toISOString(),
    }),
  );
  const deaf = { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1' };
  await picksUpChanges({
    ...bucket,
    settings: { ...bucket.settings, identity: { file } },
    env: (port) => ({ ...bucket.env(port), ...deaf }),
  });
});

test('a broken document in S3 is refused while the old one serves, and a metric says so', async () => {
  await refusesBrokenDocuments(await makeBucket('broken'));
});

test('an outage of S3 and restarts during it are survived', async () => {
  await survivesOutageAndRestarts(await makeBucket('outage'));
});

test('machines are found by their tags, and one that is ended is forgotten', async () => {
  const bucket = await makeBucket('machines');
  const place = await makePlace();
  const v32 = await startMachines(2, 'v32', 'staging');
  const v33 = await startMachines(1, 'v33', 'staging');
  await startMachines(1, 'v32', 'another');
  const releases = ['v32', 'v33'].map((release) => ({ model: MODEL, release, ports: [8000, 8001] }));
  await bucket.put('nginx.conf', place.render(withCanaryAt(0)).text);
  await bucket.put('servers.json', JSON.stringify({ releases }));
  const discovery = { kind: 'ec2', region, environment: 'staging' };
  await place.startAgentWith({ ...bucket.settings, discovery, pollMs: 200 }, bucket.env(bucket.port));
  await untilStatus(place, { state: 'waiting for nginx' });

  const listed = (release: string) => {
    const text = readFileSync(join(place.prefix, `servers/${MODEL}_${release}.conf`), 'utf8');
    return Array.from(text.matchAll(/^server (\S+) max_fails/gm), ([, address]) => address);
  };
  const serversOn = (machines: readonly { readonly address: string }[]) =>
    machines.flatMap(({ address }) => [`${address}:8000`, `${address}:8001`]).sort();
  expect(listed('v32')).toEqual(serversOn(v32));
  expect(listed('v33')).toEqual(serversOn(v33));
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [v32[0]?.id ?? ''] }));
  await until('it is forgotten', () => listed('v32').length === 2);
  expect(listed('v32')).toEqual(serversOn(v32.slice(1)));
});

/** As the launch template of a release tags them. */
async function startMachines(count: number, release: string, environment: string) {
  const tags = {
    [MACHINE_LABELS.environment]: environment,
    [MACHINE_LABELS.model]: MODEL,
    [MACHINE_LABELS.release]: release,
  };
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      ...{ ImageId: IMAGE, MinCount: count, MaxCount: count, InstanceType: 't3.micro' },
      TagSpecifications: [{ ResourceType: 'instance', Tags }],
    }),
  );
  return Instances.map(({ InstanceId = '', PrivateIpAddress = '' }) => ({
    id: InstanceId,
    address: PrivateIpAddress,
  }));
}
