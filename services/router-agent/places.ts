import type { MachineDiscovery } from '../../contracts/router-agent-settings.ts';
import type { AskGoogle } from '../common/google.ts';
import type { MachinePlace } from './machines.ts';
import { type DocumentSource, fileSource } from './source.ts';

/** Opens what the settings name. A cloud's client is loaded only where it is used. */
export interface Places {
  document(location: string, region: string | undefined): Promise<DocumentSource>;
  machines(discovery: MachineDiscovery | undefined): Promise<MachinePlace[]>;
}

const OBJECT = /^(s3|gs):\/\/([^/]+)\/(.+)$/;

/** @param identityFile Who asks the clouds. @default - this machine */
export function createPlaces(identityFile?: string): Places {
  let google: Promise<AskGoogle> | undefined;

  function askGoogle(): Promise<AskGoogle> {
    google ??= import('../common/google.ts').then(({ createAskGoogle }) => createAskGoogle(identityFile));
    return google;
  }

  return {
    async document(location, region) {
      const [, scheme, bucket = '', key = ''] = OBJECT.exec(location) ?? [];
      if (scheme === undefined) return fileSource(location);
      if (scheme === 's3') {
        const { s3Source } = await import('./s3-source.ts');
        return s3Source(bucket, key, region ?? '', identityFile);
      }
      const { gcsSource } = await import('./gcs-source.ts');
      return gcsSource(await askGoogle(), bucket, key);
    },
    async machines(discovery) {
      if (discovery === undefined) return [];
      const { environment } = discovery;
      if (discovery.kind === 'ec2') {
        const { ec2Machines } = await import('./ec2.ts');
        return [ec2Machines(discovery.region, environment, identityFile)];
      }
      const { gceMachines } = await import('./gce.ts');
      const ask = await askGoogle();
      return discovery.zones.map((zone) => gceMachines(ask, discovery.project, zone, environment));
    },
  };
}
