import { describe, expect, test } from 'vitest';
import { addresses, BUCKET, code, run } from './script.ts';

describe('what models get wrong is told to them exactly', () => {
  const wrongCall = async (name: string, given: unknown, right: readonly [string, unknown] = BUCKET) => {
    const ran = await run('my-data', [{ calls: [[name, given]] }, { calls: [right] }]);
    expect(ran.outcome).toMatchObject({ kind: 'written', corrections: 1 });
    const told = ran.messages.find(({ role }) => role === 'tool');
    return String(told?.content);
  };

  test.each([
    ['broken JSON', '{"bucket": "my-data"', 'the arguments are not JSON'],
    ['a list', '["my-data"]', 'the arguments must be one JSON object, got'],
    ['JSON in a text', '"{}"', 'the arguments must be one JSON object, got'],
    ['nothing', '', 'bucket: is required: Name of the bucket'],
    [
      'a wrong type',
      { bucket: 'my-data', versioning: 'yes' },
      'versioning: must be true or false, got \\"yes\\"',
    ],
    [
      'a number as text',
      { bucket: 'my-data', expire_after_days: '30' },
      'expire_after_days: must be a whole number, got \\"30\\"',
    ],
    [
      'half a day',
      { bucket: 'my-data', expire_after_days: 0.5 },
      'expire_after_days: must be a whole number, got 0.5',
    ],
    [
      'too small',
      { bucket: 'my-data', expire_after_days: 0 },
      'expire_after_days: must be at least 1, got 0',
    ],
    [
      'an unknown argument',
      { bucket: 'my-data', versionning: true },
      'versionning: create_s3_bucket takes no such argument; did you mean versioning?',
    ],
    [
      'what the toolkit decides',
      { bucket: 'my-data', block_public_acls: false },
      'block_public_acls: is decided by the toolkit; leave it out',
    ],
    ['a name that AWS refuses', { bucket: 'My Data' }, 'bucket: must be 3 to 63 lower-case letters'],
    ['a Chinese name', { bucket: '我的数据' }, 'other scripts in English or pinyin'],
    ['an IP address', { bucket: '10.0.0.1' }, 'bucket: must not look like an IP address'],
    ['HCL in a name', { bucket: `\${var.name}` }, 'bucket: must be 3 to 63 lower-case letters'],
    ['tags that are a list', { bucket: 'my-data', tags: ['a'] }, 'tags: must be an object of texts, got'],
  ])('%s', async (_what, given, said) => {
    expect(await wrongCall('create_s3_bucket', given)).toContain(said);
  });

  test('an invented tool', async () => {
    expect(await wrongCall('create_s3_buckets', { bucket: 'my-data' })).toContain(
      'there is no tool \\"create_s3_buckets\\"; the nearest is create_s3_bucket',
    );
  });

  test('an item of a list, with its place', async () => {
    const group = { name: 'web', vpc: 'vpc-0123456789abcdef0' };
    const ingress = [{ from_port: 443, to_port: 443, cidr: '10.0.0.0/33' }];
    expect(
      await wrongCall('create_security_group', { ...group, ingress }, ['create_security_group', group]),
    ).toContain('ingress.0.cidr: must be an IPv4 range');
  });

  test('two calls of one answer that contradict each other', async () => {
    const ran = await run('my-data', [
      { calls: [BUCKET, ['create_s3_bucket', { bucket: 'my-data', versioning: false }]] },
      { calls: [BUCKET] },
    ]);
    expect(ran.outcome).toMatchObject({ kind: 'written', corrections: 1 });
    expect(JSON.stringify(ran.messages)).toContain(
      'two calls of this answer make my-data with different arguments',
    );
    expect(addresses(ran)).toContain('aws_s3_bucket_versioning.my_data');
  });

  test('an expression instead of a name', async () => {
    const given = { name: 'a', vpc: `\${aws_vpc.main.id}`, cidr_block: '10.0.1.0/24' };
    expect(
      await wrongCall('create_subnet', given, ['create_subnet', { ...given, vpc: 'vpc-0123456789abcdef0' }]),
    ).toContain(
      'vpc: must be the name of a resource of this request, or the id of one that is there, and no expression',
    );
  });

  test.each(['private', 'aws_vpc.main.id'])('a reference to what is not there: %s', async (vpc) => {
    const wrong = ['create_subnet', { name: 'a', vpc, cidr_block: '10.0.1.0/24' }] as const;
    const ran = await run('main, a', [{ calls: [['create_vpc', { name: 'main' }], wrong] }], {
      corrections: 1,
    });
    expect(ran.outcome).toMatchObject({ kind: 'refused' });
    expect(JSON.stringify(ran.messages)).toContain(
      'create_subnet a: vpc: must be the name of one that this request makes (in this request: main), or the id of one that is there: vpc-…',
    );
  });

  test('an answer that is cut off', async () => {
    const ran = await run('my-data', [{ content: 'I will', complete: false }, { calls: [BUCKET] }]);
    expect(ran.outcome).toMatchObject({ kind: 'written', corrections: 1 });
    expect(JSON.stringify(ran.messages)).toContain('Your answer was cut off');
  });

  test('code of its own instead of a call', async () => {
    const ran = await run('my-data', [
      { content: '```hcl\nresource "aws_s3_bucket" "b" {\n  acl = "public-read"\n}\n```' },
      { calls: [BUCKET] },
    ]);
    expect(ran.outcome).toMatchObject({ kind: 'written', corrections: 1 });
    expect(code(ran)).not.toContain('public-read');
  });

  test('an empty answer', async () => {
    const ran = await run('my-data', [{ content: '' }, { calls: [BUCKET] }]);
    expect(ran.outcome).toMatchObject({ kind: 'written', corrections: 1 });
  });

  test('what the checks find, and the call that mends it replaces the first', async () => {
    const ran = await run(
      'my-data',
      [
        { calls: [BUCKET] },
        { content: 'DONE' },
        { calls: [['create_s3_bucket', { bucket: 'my-data', versioning: false }]] },
      ],
      {
        problems: [['some-rule: aws_s3_bucket.my_data: wrong']],
      },
    );
    expect(ran.outcome).toMatchObject({ kind: 'written', corrections: 1 });
    expect(JSON.stringify(ran.messages)).toContain('- some-rule: aws_s3_bucket.my_data: wrong');
    expect(addresses(ran)).not.toContain('aws_s3_bucket_versioning.my_data');
  });

  test('remove_resource takes a call back, by name or address', async () => {
    for (const resource of ['other', 'aws_s3_bucket.other']) {
      const ran = await run('my-data', [
        { calls: [BUCKET, ['create_s3_bucket', { bucket: 'other' }]] },
        { calls: [['remove_resource', { resource }]] },
      ]);
      expect(addresses(ran)).toContain('aws_s3_bucket.my_data');
      expect(addresses(ran)).not.toContain('aws_s3_bucket.other');
    }
  });
});

describe('what was refused and never mended', () => {
  const wrong = ['create_subnet', { name: 'a', vpc: 'main', cidr_block: 'x' }] as const;
  const right = ['create_subnet', { name: 'a', vpc: 'main', cidr_block: '10.0.1.0/24' }] as const;
  const network = ['create_vpc', { name: 'main' }] as const;

  test('is asked for again: half of a request is never printed', async () => {
    const ran = await run('main, a', [
      { calls: [network, wrong] },
      { content: 'Let me fix that.' },
      { calls: [right] },
    ]);
    expect(ran.outcome).toMatchObject({ kind: 'written', corrections: 2 });
    expect(addresses(ran)).toContain('aws_subnet.a');
  });

  test('ends in a refusal that names it', async () => {
    const ran = await run('main, a', [{ calls: [network, wrong] }]);
    expect(ran.outcome).toMatchObject({
      kind: 'refused',
      problems: [expect.stringContaining('create_subnet a: cidr_block: must be an IPv4 range')],
    });
  });

  test('a tool that does not exist is made good by one that does', async () => {
    const ran = await run('main', [{ calls: [['create_network', { name: 'main' }]] }, { calls: [network] }]);
    expect(ran.outcome).toMatchObject({ kind: 'written', corrections: 1 });
  });
});
