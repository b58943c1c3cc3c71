import { describe, expect, test } from 'vitest';
import { TOOLS } from '../../ask/catalogue.ts';
import { addressOf, type Configuration } from '../../ask/configuration.ts';
import { type Checked, converse, type Outcome } from '../../ask/conversation.ts';
import { hclOf } from '../../ask/hcl.ts';
import type { Answer, Message } from '../../ask/messages.ts';
import { PROVIDER_SCHEMAS } from '../../ask/schemas.ts';

interface Turn {
  readonly calls?: readonly (readonly [name: string, given: unknown])[];
  readonly content?: string;
  readonly complete?: boolean;
}

interface Ran {
  readonly outcome: Outcome<Checked>;
  /** What the model was sent last. */
  readonly messages: readonly Message[];
  readonly checked: readonly Configuration[];
}

/** Lets a script answer, one turn after the other, then DONE. `problems`: what the checks find, one list for each time. */
async function run(
  request: string,
  turns: readonly Turn[],
  { corrections = 4, problems = [] as readonly (readonly string[])[] } = {},
): Promise<Ran> {
  let messages: readonly Message[] = [];
  let next = 0;
  const checked: Configuration[] = [];
  const outcome = await converse(request, {
    tools: TOOLS,
    schemas: PROVIDER_SCHEMAS,
    corrections,
    progress: () => undefined,
    model: async (sent) => {
      messages = [...sent];
      const { calls = [], content, complete = true } = turns[next] ?? { content: 'DONE' };
      next += 1;
      return answer(calls, content ?? '', complete, next);
    },
    check: async (configuration) => {
      checked.push(configuration);
      return { problems: problems[checked.length - 1] ?? [] };
    },
  });
  return { outcome, messages, checked };
}

function answer(
  calls: NonNullable<Turn['calls']>,
  content: string,
  complete: boolean,
  number: number,
): Answer {
  return {
    content,
    complete,
    promptTokens: 100,
    completionTokens: 10,
    calls: calls.map(([name, given], index) => ({
      id: `${number}-${index}`,
      name,
      arguments: typeof given === 'string' ? given : JSON.stringify(given),
    })),
  };
}

const addresses = ({ outcome }: Ran) =>
  outcome.kind === 'written' ? outcome.configuration.resources.map(addressOf) : [];
const code = ({ outcome }: Ran) =>
  outcome.kind === 'written' ? hclOf(outcome.configuration, { explain: false, header: false }) : '';
const lastFeedback = ({ messages }: Ran) =>
  messages.at(-1)?.role === 'assistant' ? '' : String(messages.at(-1)?.content);
const BUCKET = ['create_s3_bucket', { bucket: 'my-data' }] as const;

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

describe('what models get wrong is told to them exactly', () => {
  const wrongCall = async (name: string, given: unknown) => {
    const ran = await run('my-data', [{ calls: [[name, given]] }, { calls: [BUCKET] }]);
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
    ['a Chinese name', { bucket: '我的数据' }, 'Write other scripts in English or pinyin'],
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
    const ingress = [{ from_port: 443, to_port: 443, cidr: '10.0.0.0/33' }];
    expect(await wrongCall('create_security_group', { name: 'web', vpc: 'main', ingress })).toContain(
      'ingress.0.cidr: must be an IPv4 range',
    );
  });

  test('two calls of one answer that contradict each other', async () => {
    const ran = await run('my-data', [
      { calls: [BUCKET, ['create_s3_bucket', { bucket: 'my-data', versioning: false }]] },
    ]);
    expect(ran.outcome).toMatchObject({ kind: 'written', corrections: 1 });
    expect(JSON.stringify(ran.messages)).toContain(
      'two calls of this answer make my-data with different arguments',
    );
    expect(addresses(ran)).toContain('aws_s3_bucket_versioning.my_data');
  });

  test('an expression instead of a name', async () => {
    const given = { name: 'a', vpc: `\${aws_vpc.main.id}`, cidr_block: '10.0.1.0/24' };
    expect(await wrongCall('create_subnet', given)).toContain(
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
        problems: [expect.stringContaining('create_s3_bucket: bucket: must be 3 to 63')],
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
