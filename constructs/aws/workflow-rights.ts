import type { StateObject } from '../../contracts/bootstrap.ts';
import { repositoryArns } from './ecr.ts';
import type { Place } from './place.ts';
import type { Statement } from './policy.ts';

export interface WorkflowRightsProps {
  readonly environment: string;
  readonly place: Place;
  readonly state: StateObject;
  /** Bucket of the environment's documents. */
  readonly documents: string;
  readonly weights?: string;
  /** Images of our own programs, which a workflow pushes. */
  readonly images: readonly string[];
  /** Whether the environment has a Redis of its own. */
  readonly redis: boolean;
}

type Policies = Readonly<Record<string, readonly Statement[]>>;

/** What a plan asks: what there is, the state, and the documents that are compared with what they should be. No secret. */
export function planRights({ environment, place, state, documents, redis }: WorkflowRightsProps): Policies {
  const bucket = place.bucketArn(documents);
  return {
    state: [
      { Sid: 'FindState', Action: 's3:ListBucket', Resource: place.bucketArn(state.bucket) },
      { Sid: 'ReadState', Action: 's3:GetObject', Resource: `${place.bucketArn(state.bucket)}/${state.key}` },
    ],
    look: [
      {
        Sid: 'LookAtDocuments',
        Action: [
          's3:GetAccelerateConfiguration',
          's3:GetBucket*',
          's3:GetEncryptionConfiguration',
          's3:GetLifecycleConfiguration',
          's3:GetObject',
          's3:GetObjectTagging',
          's3:GetReplicationConfiguration',
          's3:ListBucket',
        ],
        Resource: [bucket, `${bucket}/*`],
      },
      {
        Sid: 'LookAtIdentities',
        Action: ['iam:GetInstanceProfile', 'iam:GetRole', 'iam:GetRolePolicy', 'iam:List*'],
        Resource: identities(environment, place),
      },
      {
        Sid: 'LookAtTheRest',
        Action: [
          ...['acm:DescribeCertificate', 'application-autoscaling:Describe*'],
          ...['application-autoscaling:ListTagsForResource', 'autoscaling:Describe*'],
          ...['dlm:GetLifecyclePolicy', 'dlm:ListTagsForResource', 'ec2:Describe*'],
          ...['ecs:Describe*', 'ecs:ListTagsForResource', 'elasticloadbalancing:Describe*'],
          ...['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:GetKeyRotationStatus', 'kms:ListAliases'],
          ...['kms:ListResourceTags', 'logs:DescribeLogGroups', 'logs:ListTagsForResource'],
          ...['route53:GetChange', 'route53:GetHostedZone', 'route53:ListHostedZones'],
          ...['route53:ListResourceRecordSets', 'route53:ListTagsForResource'],
          ...(redis ? ['elasticache:Describe*', 'elasticache:ListTagsForResource'] : []),
        ],
        Resource: '*',
      },
    ],
  };
}

/**
 * What a deploy and a rollout do beside that. Nothing that buys for a fixed term is among it. Whoever may make roles and
 * give them to machines may do what those may: the fence around an environment is its account.
 */
export function deployRights(props: WorkflowRightsProps): Policies {
  const { environment, place, state, documents, weights, images, redis } = props;
  const bucket = place.bucketArn(documents);
  const object = `${place.bucketArn(state.bucket)}/${state.key}`;
  const here = { StringEquals: { 'aws:RequestedRegion': place.region } };
  return {
    ...planRights(props),
    'write-state': [
      {
        Sid: 'WriteState',
        Action: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
        Resource: [object, `${object}.tflock`],
      },
    ],
    own: [
      { Sid: 'Documents', Action: 's3:*', Resource: [bucket, `${bucket}/*`] },
      {
        Sid: 'Identities',
        Action: [
          ...['iam:AddRoleToInstanceProfile', 'iam:CreateInstanceProfile', 'iam:CreateRole'],
          ...['iam:DeleteInstanceProfile', 'iam:DeleteRole', 'iam:DeleteRolePolicy', 'iam:PutRolePolicy'],
          ...['iam:RemoveRoleFromInstanceProfile', 'iam:TagInstanceProfile', 'iam:TagRole'],
          ...['iam:UntagInstanceProfile', 'iam:UntagRole', 'iam:UpdateAssumeRolePolicy', 'iam:UpdateRole'],
        ],
        Resource: identities(environment, place),
      },
      {
        Sid: 'GiveIdentities',
        Action: 'iam:PassRole',
        Resource: place.iamArn(`role/fleet-${environment}-*`),
        Condition: {
          StringEquals: {
            'iam:PassedToService': [
              ...['autoscaling', 'ec2', 'vpc-flow-logs'].map((service) => `${service}.${place.dnsSuffix}`),
              ...['dlm.amazonaws.com', 'ecs-tasks.amazonaws.com'],
            ],
          },
        },
      },
      ...(weights === undefined
        ? []
        : [{ Sid: 'FindWeights', Action: 's3:ListBucket', Resource: place.bucketArn(weights) }]),
      ...pushImages(images, place),
    ],
    machines: [
      {
        Sid: 'Network',
        Action: [
          ...['ec2:AllocateAddress', 'ec2:AssociateAddress', 'ec2:AssociateRouteTable'],
          ...['ec2:AttachInternetGateway', 'ec2:AuthorizeSecurityGroup*', 'ec2:CreateFlowLogs'],
          ...['ec2:CreateInternetGateway', 'ec2:CreateNatGateway', 'ec2:CreateRoute', 'ec2:CreateRouteTable'],
          ...['ec2:CreateSecurityGroup', 'ec2:CreateSubnet', 'ec2:CreateTags', 'ec2:CreateVpc'],
          ...['ec2:CreateVpcEndpoint', 'ec2:DeleteFlowLogs', 'ec2:DeleteInternetGateway'],
          ...['ec2:DeleteNatGateway', 'ec2:DeleteRoute', 'ec2:DeleteRouteTable', 'ec2:DeleteSecurityGroup'],
          ...['ec2:DeleteSubnet', 'ec2:DeleteTags', 'ec2:DeleteVpc', 'ec2:DeleteVpcEndpoints'],
          ...['ec2:DetachInternetGateway', 'ec2:DisassociateAddress', 'ec2:DisassociateRouteTable'],
          ...['ec2:GetSecurityGroupsForVpc', 'ec2:ModifySecurityGroupRules', 'ec2:ModifySubnetAttribute'],
          ...['ec2:ModifyVpcAttribute', 'ec2:ModifyVpcEndpoint', 'ec2:ReleaseAddress', 'ec2:ReplaceRoute'],
          ...['ec2:ReplaceRouteTableAssociation', 'ec2:RevokeSecurityGroup*'],
          'ec2:UpdateSecurityGroupRuleDescriptions*',
        ],
        Resource: '*',
        Condition: here,
      },
      {
        Sid: 'Machines',
        Action: [
          ...['autoscaling:*Group', 'autoscaling:*LifecycleHook', 'autoscaling:*Tags'],
          ...['autoscaling:CancelInstanceRefresh', 'autoscaling:*Metrics*', 'autoscaling:*Processes'],
          ...['autoscaling:AttachLoadBalancerTargetGroups', 'autoscaling:DetachLoadBalancerTargetGroups'],
          ...['autoscaling:SetDesiredCapacity', 'autoscaling:StartInstanceRefresh'],
          ...['ec2:CreateLaunchTemplate*', 'ec2:DeleteLaunchTemplate*', 'ec2:GetLaunchTemplateData'],
          ...['ec2:ModifyLaunchTemplate', 'ec2:RunInstances'],
        ],
        Resource: '*',
        Condition: here,
      },
      {
        Sid: 'Monitoring',
        Action: [
          ...['dlm:*LifecyclePolicy', 'dlm:TagResource', 'dlm:UntagResource', 'ec2:AttachVolume'],
          ...['ec2:AssociateIamInstanceProfile', 'ec2:CreateSnapshot', 'ec2:CreateVolume'],
          ...['ec2:DeleteVolume', 'ec2:DetachVolume', 'ec2:DisassociateIamInstanceProfile'],
          ...['ec2:ModifyInstance*', 'ec2:ModifyVolume', 'ec2:MonitorInstances'],
          ...['ec2:ReplaceIamInstanceProfileAssociation', 'ec2:StartInstances', 'ec2:StopInstances'],
          ...['ec2:TerminateInstances', 'ec2:UnmonitorInstances'],
        ],
        Resource: '*',
        Condition: here,
      },
    ],
    services: [
      {
        Sid: 'Services',
        Action: [
          ...['application-autoscaling:DeleteScalingPolicy', 'application-autoscaling:*ScalableTarget'],
          ...['application-autoscaling:PutScalingPolicy', 'application-autoscaling:TagResource'],
          ...['ecs:CreateCluster', 'ecs:CreateService', 'ecs:DeleteCluster', 'ecs:DeleteService'],
          ...[
            'ecs:DeregisterTaskDefinition',
            'ecs:PutClusterCapacityProviders',
            'ecs:RegisterTaskDefinition',
          ],
          ...['ecs:TagResource', 'ecs:UntagResource', 'ecs:UpdateCluster*', 'ecs:UpdateService'],
          ...['elasticloadbalancing:*Listener*', 'elasticloadbalancing:*LoadBalancer'],
          ...[
            'elasticloadbalancing:*TargetGroup',
            'elasticloadbalancing:*Tags',
            'elasticloadbalancing:Modify*',
          ],
          ...['elasticloadbalancing:SetSecurityGroups', 'elasticloadbalancing:SetSubnets'],
          ...['kms:*Alias', 'kms:CreateGrant', 'kms:CreateKey', 'kms:EnableKeyRotation', 'kms:PutKeyPolicy'],
          ...['kms:ScheduleKeyDeletion', 'kms:TagResource', 'kms:UntagResource', 'kms:UpdateKeyDescription'],
          ...[
            'logs:AssociateKmsKey',
            'logs:CreateLogDelivery',
            'logs:CreateLogGroup',
            'logs:DeleteLogDelivery',
          ],
          ...['logs:DeleteLogGroup', 'logs:PutRetentionPolicy', 'logs:TagResource', 'logs:UntagResource'],
          ...(redis ? REDIS_ACTIONS : []),
        ],
        Resource: '*',
        Condition: here,
      },
      {
        Sid: 'Names',
        Action: [
          ...['route53:AssociateVPCWithHostedZone', 'route53:ChangeResourceRecordSets'],
          ...['route53:ChangeTagsForResource', 'route53:CreateHostedZone', 'route53:DeleteHostedZone'],
        ],
        Resource: '*',
      },
    ],
  };
}

const REDIS_ACTIONS = [
  '*CacheSubnetGroup',
  '*ReplicationGroup',
  'AddTagsToResource',
  'RemoveTagsFromResource',
].map((action) => `elasticache:${action}`);

/** Roles and profiles of the environment's own parts. */
function identities(environment: string, place: Place): string[] {
  return ['role', 'instance-profile'].map((kind) => place.iamArn(`${kind}/fleet-${environment}-*`));
}

function pushImages(images: readonly string[], { partition }: Place): Statement[] {
  const repositories = repositoryArns(images, partition);
  if (repositories.length === 0) return [];
  return [
    { Sid: 'SignInToRegistry', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
    {
      Sid: 'PushImages',
      Action: [
        ...['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:CompleteLayerUpload'],
        ...['ecr:GetDownloadUrlForLayer', 'ecr:InitiateLayerUpload', 'ecr:PutImage', 'ecr:UploadLayerPart'],
      ],
      Resource: repositories,
    },
  ];
}
