import { partitionOf } from '../../workloads/aws-names.ts';

/** An account in a region: what names of resources (ARNs) are made of. They are known beforehand, so plans show them. */
export class Place {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  /** End of the host names of the region's services. */
  readonly dnsSuffix: string;

  constructor({ account, region }: { readonly account: string; readonly region: string }) {
    this.account = account;
    this.region = region;
    this.partition = partitionOf(region);
    this.dnsSuffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  }

  arn(service: string, resource: string): string {
    return `arn:${this.partition}:${service}:${this.region}:${this.account}:${resource}`;
  }

  iamArn(resource: string): string {
    return `arn:${this.partition}:iam::${this.account}:${resource}`;
  }

  bucketArn(bucket: string): string {
    return `arn:${this.partition}:s3:::${bucket}`;
  }
}
