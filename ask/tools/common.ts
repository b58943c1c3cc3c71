import { AWS_TAG, AWS_TAG_KEY, GOOGLE_LABEL, GOOGLE_LABEL_KEY } from '../formats.ts';
import type { ArgumentRule } from '../tool.ts';

export const AWS_TAGS: ArgumentRule = {
  from: 'aws_vpc.tags',
  format: AWS_TAG,
  keys: AWS_TAG_KEY,
  description: 'Tags that the request names; leave out otherwise.',
};

export const GOOGLE_LABELS: ArgumentRule = {
  from: 'google_storage_bucket.labels',
  format: GOOGLE_LABEL,
  keys: GOOGLE_LABEL_KEY,
  description: 'Labels that the request names; leave out otherwise.',
};
