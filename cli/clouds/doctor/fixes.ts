import type { CloudSection } from '../../../contracts/cloud-section.ts';

/** Commands that bring what is missing, with the cloud's own tool: each can be pasted as it is. */
export function fixesOf(section: CloudSection) {
  return section.platform === 'google' ? googleFixes(section) : awsFixes(section);
}

export type Fixes = ReturnType<typeof googleFixes>;

function googleFixes({ project, region }: CloudSection & { readonly platform: 'google' }) {
  return {
    login: 'gcloud auth application-default login',
    services: (services: readonly string[]) =>
      `gcloud services enable ${services.join(' ')} --project=${project}`,
    bucket: (name: string) =>
      `gcloud storage buckets create gs://${name} --project=${project} --location=${region} --uniform-bucket-level-access --public-access-prevention`,
    versioning: (name: string) => `gcloud storage buckets update gs://${name} --versioning`,
    machineImages:
      'gcloud compute images list --project=ubuntu-os-accelerator-images --no-standard-images --sort-by=~creationTimestamp',
  };
}

function awsFixes({ region, account }: CloudSection & { readonly platform: 'aws' }): Fixes {
  return {
    login: `aws sso login   # or AWS_PROFILE=<profile of account ${account}>`,
    services: () => '',
    bucket: (name) =>
      [
        `aws s3api create-bucket --bucket ${name} --region ${region}`,
        // The oldest region is the default and may not be named.
        ...(region === 'us-east-1' ? [] : [`--create-bucket-configuration LocationConstraint=${region}`]),
      ].join(' '),
    versioning: (name) =>
      `aws s3api put-bucket-versioning --bucket ${name} --versioning-configuration Status=Enabled`,
    machineImages: `aws ec2 describe-images --region ${region} --owners amazon --filters 'Name=name,Values=Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 24.04) *' --query 'sort_by(Images,&CreationDate)[-1].ImageId'`,
  };
}

/** Prints the digest of what the registry has. */
export function inspectImage(image: string): string {
  return `docker buildx imagetools inspect ${image.replace(/@.*$/, '')}`;
}

/** Copies a public image into a private registry without pulling it, and prints the digest that belongs in the file. */
export function copyImage(source: string, image: string): string {
  const target = image.replace(/@sha256:.*$/, `:${source.split(':').at(-1)}`);
  return `docker buildx imagetools create --tag ${target} ${source} && docker buildx imagetools inspect ${target}`;
}
