import { z } from 'zod';
import { Price } from './schema/values.ts';
import { SecretSource } from './secret.ts';

/** `owner` or `owner/repository`: whose pull requests are reviewed. Strangers may install an app that is public. */
export const Reviewed = z
  .string()
  .regex(/^[\w.-]+(\/[\w.-]+)?$/, 'must be an owner, or owner/repository, as GitHub names them');

/** What takes webhooks. */
const Receive = z.strictObject({
  webhookSecret: SecretSource,
  repositories: z.array(Reviewed).min(1),
  requestsPerMinute: z.int().positive(),
});

/** What reviews. */
const Work = z.strictObject({
  github: z.strictObject({ api: z.url(), appId: z.int().positive(), privateKey: SecretSource }),
  /** The key of the fleet's own gateway that reviews are charged to. */
  gatewayKey: SecretSource,
  model: z.string(),
  /** Release → what its tokens cost. */
  prices: z.record(z.string(), Price),
  /** Of one repository. */
  reviewsPerHour: z.int().positive(),
  /** At a time in one program. */
  parallel: z.int().positive(),
  /** After so long a review is given up, to be tried again. */
  longestSeconds: z.int().positive(),
});

/** reviewer.json, written by `workloads/reviewer.ts`, read by `services/pr-reviewer`. */
export const ReviewerConfig = z.strictObject({
  environment: z.string(),
  /** Absent: this program takes no webhooks. */
  receive: Receive.optional(),
  /** Absent: this program does not review. */
  work: Work.optional(),
  /** Where jobs wait. `folder`: in the store, for this program alone. */
  queue: z.union([
    z.strictObject({ kind: z.literal('folder') }),
    z.strictObject({
      kind: z.literal('tasks'),
      /** `projects/…/locations/…/queues/…` of Cloud Tasks. */
      name: z.string(),
      /** Service account that the worker is called as. */
      caller: z.string(),
    }),
  ]),
  /** What has been done: a folder, relative to the working folder, or a bucket. */
  store: z.union([z.strictObject({ folder: z.string() }), z.strictObject({ bucket: z.string() })]),
  /** Seconds that running reviews may take after SIGTERM before they are put off. */
  drainSeconds: z.number(),
});
export type ReviewerConfig = z.output<typeof ReviewerConfig>;
