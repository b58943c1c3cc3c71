import { afterEach, beforeEach, expect, test } from 'vitest';
import { isOpen, RolloutRecord } from '../../contracts/rollout.ts';
import { opened } from '../rollout/support.ts';
import { failure, GoogleApi } from '../support/google-api.ts';
import { plansNothing, synthesizes } from './check-support.ts';
import { fixture, openWorkplace, type Workplace } from './support.ts';

const DOCUMENTS = 'fleet-prod-prod-fleet-documents';
const RECORD = 'rollouts/gpt-oss-120b.json';

let google: GoogleApi;
let workplace: Workplace;

beforeEach(async () => {
  google = new GoogleApi();
  await google.start();
  workplace = openWorkplace();
  workplace.write('environments/prod.yaml', fixture('environments/good/google.yaml'));
  plansNothing(workplace);
  workplace.cdktf(`import { writeFileSync } from 'node:fs'; writeFileSync('deployed', '');`);
});

afterEach(async () => {
  await google.stop();
  await workplace.close();
});

const up = (...flags: readonly string[]) => workplace.fleet(['up', 'prod', ...flags], google.env);

test('a cloud environment is not deployed without a terminal unless --yes agrees', async () => {
  const price =
    /GPU machines: \$176\.98 per hour, \$129,195 per month \(730 h\); routers, gateway, disks and traffic come on top/;
  const asked = await up();
  expect(asked).toMatchObject({ code: 2, stderr: expect.stringMatching(price) });
  expect(asked.stderr).toMatch(/\nprod is on google; without a terminal, agree with --yes\n$/);
  expect(workplace.has('deployed')).toBe(false);
  const { code, stdout, stderr } = await up('--yes', '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(price) });
  expect(JSON.parse(stdout).cost).toMatchObject({ usdPerHour: 176.98, unknownMachines: 0 });
  expect(workplace.has('deployed')).toBe(true);
});

test('what `fleet check` denies is not deployed to a cloud', async () => {
  synthesizes(workplace, { terraform: { backend: { s3: { bucket: 'state', encrypt: true } } } });
  const { code, stderr } = await up('--yes');
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(
      /denied state-unlocked use_lockfile is not true\n(.*\n)+nothing was deployed\n$/,
    ),
  });
  expect(workplace.has('deployed')).toBe(false);
});

test('while a rollout is open, a file that wants other weights is not deployed; --take-over closes it', async () => {
  google.bucket(DOCUMENTS).set(RECORD, { data: Buffer.from(JSON.stringify(opened())) });
  const { code, stderr } = await up('--yes');
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining('rollout r1 by ada is open (applying) and holds'),
  });
  expect(workplace.has('deployed')).toBe(false);
  expect((await up('--yes', '--take-over')).code).toBe(0);
  expect(workplace.has('deployed')).toBe(true);
  const record = google.bucket(DOCUMENTS).get(RECORD)?.data.toString() ?? '';
  expect(isOpen(RolloutRecord.parse(JSON.parse(record)))).toBe(false);
});

test('where nobody can say whether a rollout is open, only --take-over deploys', async () => {
  google.bucket(DOCUMENTS);
  google.refusals.set(`/storage/v1/b/${DOCUMENTS}`, failure(403, 'no storage.objects.get'));
  const { code, stderr } = await up('--yes');
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(
      /^whether a rollout is open is not known: .*no storage\.objects\.get; .*--take-over\n$/,
    ),
  });
  expect(workplace.has('deployed')).toBe(false);
  expect((await up('--yes', '--take-over')).code).toBe(0);
  expect(workplace.has('deployed')).toBe(true);
});
