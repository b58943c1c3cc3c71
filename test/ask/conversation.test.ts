import { describe, expect, test } from 'vitest';
import { addresses, BUCKET, code, lastFeedback, run } from './script.ts';

describe('a request that goes well', () => {
  test('one call makes the bucket and what guards it', async () => {
    const ran = await run('Terraform for an S3 bucket named my-data', [{ calls: [BUCKET] }]);
    expect(ran.outcome).toMatchObject({
      kind: 'written',
      answers: 2,
      corrections: 0,
      promptTokens: 200,
      completionTokens: 20,
    });
    expect(addresses(ran)).toContain('aws_s3_bucket.my_data');
    expect(addresses(ran)).toContain('aws_s3_bucket_public_access_block.my_data');
  });

  test('calls come one at a time, as gpt-oss makes them, and refer to each other in any order', async () => {
    const ran = await run('a VPC main with a subnet a', [
      { calls: [['create_subnet', { name: 'a', vpc: 'main', cidr_block: '10.0.1.0/24' }]] },
      { calls: [['create_vpc', { name: 'main' }]] },
    ]);
    expect(ran.outcome).toMatchObject({ kind: 'written', answers: 3, corrections: 0 });
    expect(code(ran)).toMatch(/vpc_id += aws_vpc\.main\.id/);
  });

  test.each(['main', 'aws_vpc.main', 'vpc-0123456789abcdef0'])('a subnet says %s of its VPC', async (vpc) => {
    const ran = await run('main, a', [
      {
        calls: [
          ['create_vpc', { name: 'main' }],
          ['create_subnet', { name: 'a', vpc, cidr_block: '10.0.1.0/24' }],
        ],
      },
    ]);
    expect(ran.outcome).toMatchObject({ kind: 'written', corrections: 0 });
    expect(code(ran)).toContain(vpc.startsWith('vpc-') ? '"vpc-0123456789abcdef0"' : 'aws_vpc.main.id');
  });

  test('two names that are one in Terraform are told apart', async () => {
    const ran = await run('my-data and my.data', [
      { calls: [BUCKET, ['create_s3_bucket', { bucket: 'my.data' }]] },
    ]);
    expect(addresses(ran)).toEqual(
      expect.arrayContaining(['aws_s3_bucket.my_data', 'aws_s3_bucket.my_data_2']),
    );
  });

  test('the same call twice makes one', async () => {
    const ran = await run('my-data', [{ calls: [BUCKET, BUCKET] }]);
    expect(addresses(ran).filter((address) => address.startsWith('aws_s3_bucket.'))).toEqual([
      'aws_s3_bucket.my_data',
    ]);
  });

  test('a name that the request does not have is said', async () => {
    const ran = await run('创建一个叫“我的数据”的存储桶', [
      { calls: [['create_s3_bucket', { bucket: 'wo-de-shuju' }]] },
    ]);
    expect(ran.outcome).toMatchObject({
      notes: ['create_s3_bucket: the name wo-de-shuju is not in the request; the model chose it'],
    });
  });
});

describe('what gpt-oss leaves of its own format', () => {
  test.each([['functions.create_s3_bucket'], ['create_s3_bucket<|channel|>commentary']])(
    'a tool called %s',
    async (name) => {
      const ran = await run('my-data', [{ calls: [[name, { bucket: 'my-data' }]] }]);
      expect(ran.outcome).toMatchObject({ kind: 'written', corrections: 0 });
    },
  );

  test.each([
    [
      'harmony',
      '<|channel|>commentary to=functions.create_s3_bucket <|constrain|>json<|message|>{"bucket":"my-data"}<|call|>',
    ],
    ['JSON', '{"name": "create_s3_bucket", "arguments": {"bucket": "my-data"}}'],
    ['JSON in a fence', '```json\n[{"name": "create_s3_bucket", "parameters": {"bucket": "my-data"}}]\n```'],
    [
      'the whole API',
      '{"tool_calls":[{"function":{"name":"create_s3_bucket","arguments":"{\\"bucket\\":\\"my-data\\"}"}}]}',
    ],
  ])('a call in the text, as %s, counts and is said', async (_form, content) => {
    const ran = await run('my-data', [{ content }]);
    expect(ran.outcome).toMatchObject({
      kind: 'written',
      corrections: 0,
      notes: ['create_s3_bucket my-data: the model wrote this call as text'],
    });
  });

  test('a call in the text is checked like any other', async () => {
    const ran = await run('my-data', [
      { content: '{"name": "create_s3_bucket", "arguments": {"bucket": "X"}}' },
      { calls: [BUCKET] },
    ]);
    expect(ran.outcome).toMatchObject({ kind: 'written', corrections: 1 });
    expect(lastFeedback(ran)).toContain('"ok":true');
  });
});

describe('how it ends', () => {
  test('a question is handed on', async () => {
    const ran = await run('一台服务器', [{ content: '请问使用哪个镜像（AMI）？' }]);
    expect(ran.outcome).toMatchObject({ kind: 'question', text: '请问使用哪个镜像（AMI）？' });
  });

  test('a question after some calls is a question, and nothing is half written', async () => {
    const ran = await run('a VPC and a machine', [
      { calls: [['create_vpc', { name: 'main' }]] },
      { content: 'Which AMI?' },
    ]);
    expect(ran.outcome).toMatchObject({ kind: 'question', text: 'Which AMI?' });
  });

  test.each([
    'DONE. Anything else?',
    'Here it is:\n```hcl\nresource "a" "b" {}\n```\nIs it right?',
    'The bucket is ready.',
  ])('after calls, %j is the end', async (content) => {
    const ran = await run('my-data', [{ calls: [BUCKET] }, { content }]);
    expect(ran.outcome).toMatchObject({ kind: 'written', corrections: 0 });
  });

  test.each([0, 1, 4])(
    'after %i corrections it gives up and says what is still wrong',
    async (corrections) => {
      const wrong = { calls: [['create_s3_bucket', { bucket: 'X' }] as const] };
      const ran = await run(
        'X',
        Array.from({ length: 9 }, () => wrong),
        { corrections },
      );
      expect(ran.outcome).toMatchObject({ kind: 'refused', corrections, answers: corrections + 1 });
      expect(ran.outcome).toMatchObject({
        problems: [expect.stringContaining('create_s3_bucket X: bucket: must be 3 to 63')],
      });
    },
  );

  test('a model that repeats itself for ever is stopped', async () => {
    const ran = await run(
      'my-data',
      Array.from({ length: 99 }, () => ({ calls: [BUCKET] })),
    );
    expect(ran.outcome).toMatchObject({ kind: 'refused', answers: 6 });
  });

  test('a model that makes new things for ever is stopped', async () => {
    const turns = Array.from({ length: 99 }, (_, index) => ({
      calls: [['create_vpc', { name: `v${index}` }] as const],
    }));
    const ran = await run('networks', turns);
    expect(ran.outcome).toMatchObject({
      kind: 'refused',
      problems: ['the model did not come to an end in 24 answers'],
    });
  });

  test('checks that never pass end in a refusal that names them', async () => {
    const problems = Array.from({ length: 9 }, () => ['public-port: aws_x.y: open']);
    const ran = await run('my-data', [{ calls: [BUCKET] }], { problems });
    expect(ran.outcome).toMatchObject({ kind: 'refused', problems: ['public-port: aws_x.y: open'] });
  });
});
