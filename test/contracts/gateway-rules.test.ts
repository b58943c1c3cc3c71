import { expect, test } from 'vitest';
import { complaintsAbout, type Sketch } from './cloud-support.ts';

const gateway = (settings: object, section?: object): Sketch => ({ gateway: settings, section });

test.each<[string, 'google' | 'aws', Sketch]>([
  ['internal', 'google', gateway({})],
  ['internal with a certificate', 'aws', gateway({})],
  ['public with a domain', 'google', gateway({ exposure: 'public', domain: 'llm.example.com' })],
  [
    'public with a firewall',
    'aws',
    gateway({ exposure: 'public', domain: 'llm.example.com', firewall: 'arn:aws:wafv2:acl' }),
  ],
  ['of four CPUs', 'google', gateway({ instances: { cpus: 4, memoryGiB: 8 } })],
])('a gateway %s is right on %s', (_what, platform, sketch) => {
  expect(complaintsAbout(platform, sketch)).toEqual([]);
});

test.each<[string, 'google' | 'aws' | 'process', Sketch, string]>([
  ['a public one without a domain', 'google', gateway({ exposure: 'public' }), 'gateway.domain: is required'],
  [
    'one without a certificate',
    'aws',
    gateway({ certificate: undefined }),
    'gateway.certificate: is required',
  ],
  [
    'a certificate where Google makes one',
    'google',
    gateway({ certificate: 'arn:aws:acm:us-east-1:123456789012:certificate/a' }),
    'gateway.certificate: only on aws',
  ],
  [
    'a firewall before nobody',
    'google',
    gateway({ firewall: 'rules' }),
    'gateway.firewall: only for exposure public',
  ],
  [
    'one zone',
    'aws',
    gateway({}, { zones: ['us-east-1a'] }),
    "aws.zones: the gateway's load balancer needs two zones",
  ],
  [
    'fewer at most than at least',
    'google',
    gateway({ instances: { least: 3, most: 2 } }),
    'gateway.instances.most: must be at least `least`, 3, got 2',
  ],
  [
    'memory that no instance has',
    'aws',
    gateway({ instances: { cpus: 1, memoryGiB: 8 } }),
    'gateway.instances.memoryGiB: with 1 CPUs must be 2 to 4, got 8',
  ],
  [
    'a domain on this host',
    'process',
    gateway({ domain: 'llm.example.com' }),
    'gateway.domain: only on platforms',
  ],
  [
    'no image',
    'google',
    { images: { gateway: undefined } },
    'images.gateway: is required; `fleet image push`',
  ],
  [
    'an image by tag in production',
    'google',
    { class: 'production', images: { gateway: 'gateway:1' } },
    'images.gateway: class production needs <image>@sha256:<digest>, got gateway:1',
  ],
])('%s is refused on %s', (_what, platform, sketch, message) => {
  expect(complaintsAbout(platform, sketch).some((complaint) => complaint.startsWith(message))).toBe(true);
});
