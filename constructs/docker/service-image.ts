import { Image } from '@cdktf/provider-docker/lib/image/index.js';
import { Construct } from 'constructs';
import { sha256 } from '../../workloads/document.ts';
import { StackFiles } from '../stack-files.ts';

export interface ServiceImageProps {
  readonly environment: string;
  /** A stage of the Dockerfile. */
  readonly target: 'services' | 'router';
  /** The whole build context: file name → content. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * An image of our own programs, built on the Docker host. Its context lies beside the stack, its tag is the
 * hash of the context: another program is another image, and the old one goes when no container uses it any
 * more. Terraform removes the containers while the new image is built, so a build must be quick.
 *
 * The provider (3.6) cannot build where the engine keeps its images in containerd.
 */
export class ServiceImage extends Construct {
  /** Id of the built image. */
  readonly imageId: string;

  constructor(scope: Construct, id: string, { environment, target, files }: ServiceImageProps) {
    super(scope, id);
    const stackFiles = StackFiles.of(this);
    const folder = `images/${target}`;
    const paths = Object.entries(files).map(([name, text]) => stackFiles.add(`${folder}/${name}`, text));
    const context = paths[0]?.split('/').slice(0, -1).join('/');
    if (context === undefined) throw new Error(`image ${target} has no files`);
    const hash = sha256(JSON.stringify(Object.entries(files).toSorted())).slice(0, 12);
    const image = new Image(this, 'Resource', {
      name: `gpt-oss-fleet/${environment}-${target}:${hash}`,
      triggers: { context: hash },
      buildAttribute: {
        context,
        target,
        label: { 'fleet.environment': environment, 'fleet.image': target },
      },
      lifecycle: { createBeforeDestroy: true },
    });
    this.imageId = image.imageId;
  }
}
