import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { CloudError, type SecretStore } from '../cloud.ts';
import { asked, clientOptions } from './client.ts';

/** Secrets Manager of the environment's region. */
export function secretsManager(region: string): SecretStore {
  const client = new SecretsManagerClient(clientOptions(region));
  const describe = (id: string) => asked(id, client.send(new DescribeSecretCommand({ SecretId: id })));
  return {
    state: async (id) => {
      const found = await describe(id);
      if (found === undefined) return 'absent';
      const stages = Object.values(found.VersionIdsToStages ?? {}).flat();
      return found.DeletedDate === undefined && stages.includes('AWSCURRENT') ? 'present' : 'empty';
    },
    read: async (id) => {
      const found = await asked(id, client.send(new GetSecretValueCommand({ SecretId: id })));
      return found?.SecretString;
    },
    write: async (id, value) => {
      const found = await describe(id);
      if (found?.DeletedDate !== undefined) {
        throw new CloudError(
          'refused',
          `${id} is being deleted; \`aws secretsmanager restore-secret --secret-id ${id} --region ${region}\` brings it back`,
        );
      }
      if (found === undefined) {
        await asked(id, client.send(new CreateSecretCommand({ Name: id, SecretString: value })));
        return 'created';
      }
      await asked(id, client.send(new PutSecretValueCommand({ SecretId: id, SecretString: value })));
      return 'new version';
    },
  };
}
