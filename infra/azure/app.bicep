@description('Names everything.')
param environmentName string

param location string

param useScheduler bool

@description('Instances at the most, 40 to 1000; storage is what limits them.')
@minValue(40)
@maxValue(1000)
param maximumInstances int = 40

@description('Memory of an instance, in MB.')
@allowed([512, 2048, 4096])
param instanceMemory int = 2048

@description('Days after which what the embedded engine leaves behind is deleted: names of hosts, and copies of instances that could not be read.')
@minValue(1)
param leftoverDays int = 90

@description('Days for which a deleted blob or container can be restored.')
@minValue(1)
@maxValue(365)
param restoreDays int = 7

@description('Whether what a write replaces or a deletion removes is kept as a version: manifests, segments and archives of the last days.')
param keepVersions bool = true

@description('Days after which such a version is deleted.')
@minValue(1)
param versionDays int = 7

@description('Days for which an ended commit is listed; 0: for ever.')
@minValue(0)
@maxValue(3650)
param taskDays int = 30

@description('Days without use after which a session is deleted; 0: never.')
@minValue(0)
@maxValue(36500)
param sessionDays int = 0

@description('Days after which an archive of a session that lives on loses its messages and digests: 2 at least; null: never.')
@minValue(2)
@maxValue(36500)
param archiveDays int?

@description('From where operators reach the storage and the scheduler: public IPv4 addresses and ranges, separated by commas.')
param allowedIps string = ''

@description('Object id of who deploys, for the right to make the first key; empty for none.')
param principalId string = ''

@description('What principalId is.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param principalType string = 'User'

var unique = uniqueString(subscription().id, resourceGroup().id, environmentName)
var tags = { 'azd-env-name': environmentName }
var sessions = 'durable-sessions'
var packages = 'packages'
var hub = 'DurableSessions'
var operators = empty(allowedIps) ? [] : map(split(allowedIps, ','), ip => trim(ip))

var roles = {
  sessions: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe' // Storage Blob Data Contributor
  blobs: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner
  queues: '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // Storage Queue Data Contributor
  tables: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor
  metrics: '3913510d-42f4-4e42-8a64-420c390055eb' // Monitoring Metrics Publisher
  scheduler: '0ad04412-c4d5-4796-b79c-f76d14c8d402' // Durable Task Data Contributor
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${environmentName}'
  location: location
  tags: tags
}

// Of both accounts: no keys, no public blobs, and no network but the app's and the operators'.
var closed = {
  accessTier: 'Hot'
  allowBlobPublicAccess: false
  allowSharedKeyAccess: false
  defaultToOAuthAuthentication: true
  minimumTlsVersion: 'TLS1_2'
  supportsHttpsTrafficOnly: true
  publicNetworkAccess: empty(operators) ? 'Disabled' : 'Enabled'
  networkAcls: {
    defaultAction: 'Deny'
    bypass: 'None'
    ipRules: map(operators, ip => { value: ip, action: 'Allow' })
  }
}

// The sessions.
resource storage 'Microsoft.Storage/storageAccounts@2026-06-01' = {
  name: 'st${unique}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: closed

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: { enabled: true, days: restoreDays }
      containerDeleteRetentionPolicy: { enabled: true, days: restoreDays }
      isVersioningEnabled: keepVersions
    }

    resource sessionsContainer 'containers' = {
      name: sessions
    }
  }
}

// The Functions host's own: its locks, the package of the app and, without a scheduler, the task hub.
resource hostStorage 'Microsoft.Storage/storageAccounts@2026-06-01' = {
  name: 'sthost${unique}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: closed

  resource blobs 'blobServices' = {
    name: 'default'

    resource packagesContainer 'containers' = {
      name: packages
    }
  }
}

module network 'network.bicep' = {
  name: 'network'
  params: {
    name: 'vnet-${environmentName}'
    location: location
    tags: tags
    targets: concat(
      [
        {
          name: storage.name
          id: storage.id
          group: 'blob'
          zone: 'privatelink.blob.${environment().suffixes.storage}'
        }
        {
          name: hostStorage.name
          id: hostStorage.id
          group: 'blob'
          zone: 'privatelink.blob.${environment().suffixes.storage}'
        }
        {
          name: hostStorage.name
          id: hostStorage.id
          group: 'queue'
          zone: 'privatelink.queue.${environment().suffixes.storage}'
        }
        {
          name: hostStorage.name
          id: hostStorage.id
          group: 'table'
          zone: 'privatelink.table.${environment().suffixes.storage}'
        }
      ],
      useScheduler
        ? [{ name: scheduler.name, id: scheduler.id, group: 'scheduler', zone: 'privatelink.durabletask.io' }]
        : []
    )
  }
}

// Manifests, segments and records are the truth of a session: no rule may touch them. Versions are what they were. What has ended is
// purged by the hosts themselves, which keep what a client can ask of it: Retention:TaskDays.
resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2026-06-01' = {
  parent: storage
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'delete-leftovers-of-the-engine'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: ['${sessions}/orchestrations/hosts/', '${sessions}/orchestrations/unreadable/']
            }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: leftoverDays } } }
          }
        }
        {
          name: 'cool-old-archives'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: ['${sessions}/archives/']
            }
            actions: { baseBlob: { tierToCool: { daysAfterModificationGreaterThan: 90 } } }
          }
        }
        {
          name: 'delete-old-versions'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob', 'appendBlob']
              prefixMatch: ['${sessions}/']
            }
            actions: { version: { delete: { daysAfterCreationGreaterThan: versionDays } } }
          }
        }
      ]
    }
  }
}

resource logs 'Microsoft.OperationalInsights/workspaces@2026-03-01' = {
  name: 'log-${environmentName}-${unique}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${environmentName}-${unique}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: logs.id
    DisableLocalAuth: true
  }
}

resource scheduler 'Microsoft.DurableTask/schedulers@2026-02-01' = if (useScheduler) {
  name: 'dts-${unique}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'Consumption' }
    // The app comes by the private endpoint.
    publicNetworkAccess: empty(operators) ? 'Disabled' : 'Enabled'
    ipAllowlist: operators
  }
}

resource taskHub 'Microsoft.DurableTask/schedulers/taskHubs@2026-02-01' = if (useScheduler) {
  parent: scheduler
  name: hub
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-${environmentName}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: 'func-${environmentName}-${unique}'
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    virtualNetworkSubnetId: network.outputs.appSubnetId
    siteConfig: {
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
    }
    functionAppConfig: {
      runtime: {
        name: 'dotnet-isolated'
        version: '10.0'
      }
      scaleAndConcurrency: {
        maximumInstanceCount: maximumInstances
        instanceMemoryMB: instanceMemory
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostStorage.properties.primaryEndpoints.blob}${packages}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
    }
  }

  // Packages are published with a token of Microsoft Entra ID, never with a name and a password.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  resource settings 'config' = {
    name: 'appsettings'
    properties: union(
      {
        AzureWebJobsStorage__accountName: hostStorage.name
        AzureWebJobsStorage__credential: 'managedidentity'
        AzureWebJobsStorage__clientId: identity.properties.clientId
        AzureWebJobsDisableHomepage: 'true'
        AZURE_CLIENT_ID: identity.properties.clientId
        APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
        ConnectionStrings__Storage: storage.properties.primaryEndpoints.blob
        Storage__Container: sessions
        Retention__TaskDays: string(taskDays)
        Retention__SessionDays: string(sessionDays)
        Retention__ArchiveDays: string(archiveDays ?? 0)
      },
      useScheduler
        ? {
            AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'azureManaged'
            AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName: 'DURABLE_TASK_SCHEDULER'
            DURABLE_TASK_SCHEDULER: 'Endpoint=${scheduler!.properties.endpoint};Authentication=ManagedIdentity;ClientID=${identity.properties.clientId};TaskHub=${hub}'
          }
        : {}
    )
  }

  dependsOn: [sessionsRole, hostRoles, metricsRole, schedulerRole]
}

resource sessionsRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage::blobs::sessionsContainer.id, identity.id, roles.sessions)
  scope: storage::blobs::sessionsContainer
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.sessions)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

// The right to make keys, for the first of them: the app starts with no less than one.
resource deployerRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(principalId)) {
  name: guid(storage::blobs::sessionsContainer.id, principalId, roles.sessions)
  scope: storage::blobs::sessionsContainer
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.sessions)
    principalId: principalId
    principalType: principalType
  }
}

resource hostRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [roles.blobs, roles.queues, roles.tables]: {
    name: guid(hostStorage.id, identity.id, role)
    scope: hostStorage
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource metricsRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, identity.id, roles.metrics)
  scope: insights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.metrics)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource schedulerRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (useScheduler) {
  name: guid(scheduler.id, identity.id, roles.scheduler)
  scope: scheduler
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.scheduler)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

output url string = 'https://${app.properties.defaultHostName}'
output storageUrl string = storage.properties.primaryEndpoints.blob
