/** What a text must look like. */
export interface Format {
  /** Without flags, so that it can stand in a JSON schema. */
  readonly pattern: string;
  /** What is allowed, in words. */
  readonly words: string;
  readonly example: string;
  /** What the pattern lets through and the provider does not. */
  readonly never?: { readonly pattern: string; readonly words: string };
}

const SCRIPTS = 'other scripts in English or pinyin';

export const S3_BUCKET: Format = {
  pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
  words: `3 to 63 lower-case letters, digits, dots and hyphens, a letter or digit at both ends; ${SCRIPTS}`,
  example: 'my-data',
  never: {
    pattern:
      '\\.\\.|^xn--|^sthree-|^amzn-s3-demo-|-s3alias$|--ol-s3$|\\.mrap$|--x-s3$|^\\d+\\.\\d+\\.\\d+\\.\\d+$',
    words:
      'must not look like an IP address, have two dots in a row, or use a prefix or suffix that S3 reserves',
  },
};

export const GCS_BUCKET: Format = {
  pattern: '^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$',
  words: `3 to 63 lower-case letters, digits, hyphens and underscores, a letter or digit at both ends; ${SCRIPTS}`,
  example: 'my-data',
  never: { pattern: '^goog|google', words: 'must not begin with goog or have google in it' },
};

/** Names of AWS that allow letters of both cases. */
export const AWS_NAME: Format = {
  pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$',
  words: `1 to 64 letters, digits, hyphens and underscores, a letter or digit first; ${SCRIPTS}`,
  example: 'web-server',
};

export const LOG_GROUP: Format = {
  pattern: '^[A-Za-z0-9_/.#-]{1,512}$',
  words: `1 to 512 letters, digits and _ / . # -; ${SCRIPTS}`,
  example: '/app/gateway',
};

export const SECRET_PATH: Format = {
  pattern: '^[A-Za-z0-9/_+=.@-]{1,512}$',
  words: `1 to 512 letters, digits and / _ + = . @ -; ${SCRIPTS}`,
  example: 'prod/database-password',
  never: {
    pattern: '-[A-Za-z0-9]{6}$',
    words: 'must not end in a hyphen and six characters: AWS takes that for its own suffix',
  },
};

export const ECR_REPOSITORY: Format = {
  pattern: '^[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*$',
  words: `lower-case letters and digits, joined by single . _ - or /; ${SCRIPTS}`,
  example: 'team/gateway',
};

/** Most names of Google: RFC 1035. */
export const GOOGLE_NAME: Format = {
  pattern: '^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$',
  words: `1 to 63 lower-case letters, digits and hyphens, a letter first, no hyphen last; ${SCRIPTS}`,
  example: 'web-server',
};

export const CLOUD_RUN_NAME: Format = {
  ...GOOGLE_NAME,
  pattern: '^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$',
  words: `1 to 49 lower-case letters, digits and hyphens, a letter first, no hyphen last; ${SCRIPTS}`,
};

export const SERVICE_ACCOUNT: Format = {
  pattern: '^[a-z][a-z0-9-]{4,28}[a-z0-9]$',
  words: `6 to 30 lower-case letters, digits and hyphens, a letter first, no hyphen last; ${SCRIPTS}`,
  example: 'app-runner',
};

export const GOOGLE_SECRET: Format = {
  pattern: '^[A-Za-z0-9_-]{1,255}$',
  words: `1 to 255 letters, digits, hyphens and underscores; ${SCRIPTS}`,
  example: 'database-password',
};

export const PUBSUB_TOPIC: Format = {
  pattern: '^[A-Za-z][A-Za-z0-9._~+%-]{2,254}$',
  words: `3 to 255 letters, digits and . _ ~ + % -, a letter first; ${SCRIPTS}`,
  example: 'orders',
  never: { pattern: '^goog', words: 'must not begin with goog' },
};

export const GOOGLE_PROJECT: Format = {
  pattern: '^[a-z][a-z0-9-]{4,28}[a-z0-9]$',
  words: 'a project id: 6 to 30 lower-case letters, digits and hyphens',
  example: 'my-project-123',
};

export const CIDR: Format = {
  pattern: '^((25[0-5]|2[0-4]\\d|1?\\d?\\d)\\.){3}(25[0-5]|2[0-4]\\d|1?\\d?\\d)/(3[0-2]|[12]?\\d)$',
  words: 'an IPv4 range',
  example: '10.0.1.0/24',
};

export const AWS_REGION: Format = {
  pattern: '^[a-z]{2}(-[a-z]+)+-\\d$',
  words: 'a region of AWS',
  example: 'eu-central-1',
};

export const AWS_ZONE: Format = {
  pattern: '^[a-z]{2}(-[a-z]+)+-\\d[a-z]$',
  words: 'a zone of AWS',
  example: 'eu-central-1a',
};

export const GOOGLE_REGION: Format = {
  pattern: '^[a-z]+-[a-z]+\\d+$',
  words: 'a region of Google Cloud',
  example: 'europe-west4',
};

export const GOOGLE_ZONE: Format = {
  pattern: '^[a-z]+-[a-z]+\\d+-[a-z]$',
  words: 'a zone of Google Cloud',
  example: 'europe-west4-a',
};

/** Regions, and the multi-regions that buckets may be in. */
export const GOOGLE_LOCATION: Format = {
  pattern: '^([a-z]+-[a-z]+\\d+|[A-Z]+-[A-Z]+\\d+|US|EU|ASIA)$',
  words: 'a region, or US, EU, ASIA',
  example: 'EU',
};

export const AMI: Format = {
  pattern: '^ami-([0-9a-f]{8}|[0-9a-f]{17})$',
  words: 'the id of a machine image',
  example: 'ami-0123456789abcdef0',
};

export const INSTANCE_TYPE: Format = {
  pattern: '^[a-z0-9-]+\\.[a-z0-9-]+$',
  words: 'an instance type of EC2',
  example: 't3.micro',
};

export const MACHINE_TYPE: Format = {
  pattern: '^[a-z0-9]+-[a-z0-9]+(-[a-z0-9]+)*$',
  words: 'a machine type of Compute Engine',
  example: 'e2-small',
};

export const GOOGLE_IMAGE: Format = {
  pattern: '^[a-z0-9][a-z0-9.:_/-]{2,200}$',
  words: 'PROJECT/FAMILY or PROJECT/IMAGE',
  example: 'debian-cloud/debian-12',
};

export const CONTAINER_IMAGE: Format = {
  pattern:
    '^[a-z0-9][a-z0-9.-]*(:\\d+)?(/[a-z0-9._-]+)+(:[A-Za-z0-9_][A-Za-z0-9._-]*)?(@sha256:[0-9a-f]{64})?$',
  words: 'a container image with its registry',
  example: 'europe-docker.pkg.dev/my-project/apps/web:1.2.0',
};

export const IAM_ACTION: Format = {
  pattern: '^[a-z0-9-]+:[A-Za-z0-9*?]+$',
  words: 'SERVICE:ACTION of AWS',
  example: 's3:GetObject',
};

export const ARN: Format = {
  pattern: '^arn:aws(-cn|-us-gov)?:[a-z0-9-]+:[a-z0-9-]*:\\d*:[^\\s"]+$',
  words: 'an ARN',
  example: 'arn:aws:s3:::my-data/*',
};

export const GOOGLE_ROLE: Format = {
  pattern: '^roles/[a-z]+(\\.[A-Za-z]+)+$',
  words: 'a predefined role of a service',
  example: 'roles/storage.objectViewer',
};

export const ENVIRONMENT_VARIABLE: Format = {
  pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
  words: 'letters, digits and underscores, no digit first',
  example: 'LOG_LEVEL',
};

export const PORTS: Format = {
  pattern: '^\\d{1,5}(-\\d{1,5})?$',
  words: 'a port or a range of ports, as text',
  example: '443',
};

/** Ids of what is there already. */
export const existing = (prefix: string): Format => ({
  pattern: `^${prefix}-([0-9a-f]{8}|[0-9a-f]{17})$`,
  words: `the id of one that is there: ${prefix}-…`,
  example: `${prefix}-0123456789abcdef0`,
});

/** Paths of what is there already in Google Cloud, such as `global/networks`; a star stands for any name. */
export const existingPath = (collection: string): Format => ({
  pattern: `^projects/[a-z][a-z0-9-]{4,28}[a-z0-9]/${collection.replace('*', '[a-z0-9-]+')}/[A-Za-z0-9_-]+$`,
  words: 'the path of one that is there',
  example: `projects/my-project/${collection.replace('*', 'europe-west4')}/main`,
});

export const ACCOUNT_EMAIL: Format = {
  pattern: '^[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z][a-z0-9-]{4,28}[a-z0-9]\\.iam\\.gserviceaccount\\.com$',
  words: 'the email of one that is there',
  example: 'app-runner@my-project.iam.gserviceaccount.com',
};

/** What anything may be of which no more is known. */
export const ONE_LINE: Format = {
  pattern: '^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]{1,1024}$',
  words: '1 to 1024 characters on one line',
  example: 'Orders of the shop',
};

export const AWS_TAG_KEY: Format = {
  pattern: '^(?!aws:)[\\p{L}\\p{N} _.:/=+@-]{1,128}$',
  words: '1 to 128 letters, digits, spaces and _ . : / = + - @, not beginning with aws:',
  example: 'team',
};

export const AWS_TAG: Format = {
  pattern: '^[\\p{L}\\p{N} _.:/=+@-]{0,256}$',
  words: 'at most 256 letters, digits, spaces and _ . : / = + - @',
  example: 'shop',
};

export const GOOGLE_LABEL_KEY: Format = {
  pattern: '^[\\p{Ll}\\p{Lo}][\\p{Ll}\\p{Lo}\\p{N}_-]{0,62}$',
  words: '1 to 63 lower-case letters, digits, hyphens and underscores, a letter first',
  example: 'team',
};

export const GOOGLE_LABEL: Format = {
  pattern: '^[\\p{Ll}\\p{Lo}\\p{N}_-]{0,63}$',
  words: 'at most 63 lower-case letters, digits, hyphens and underscores',
  example: 'shop',
};

/** How one resource names another: never an expression of Terraform. */
export const RESOURCE_NAME: Format = {
  pattern: '^[A-Za-z0-9][A-Za-z0-9_./:@*+=,#-]{0,511}$',
  words: 'the name of a resource of this request, or the id of one that is there, and no expression',
  example: 'main',
};
