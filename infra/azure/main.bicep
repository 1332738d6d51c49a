targetScope = 'subscription'

@description('Names everything; 1 to 20 letters, digits and hyphens.')
@minLength(1)
@maxLength(20)
param environmentName string

@description('Where. Flex Consumption and, with useScheduler, the Durable Task Scheduler must exist there.')
param location string

@description('Whether orchestrations run on the Durable Task Scheduler; otherwise in the storage account.')
param useScheduler bool = false

@description('From where operators reach the storage and the scheduler: public IPv4 addresses and ranges, separated by commas.')
param allowedIps string = ''

@description('Object id of who deploys, for the right to make the first key; empty for none.')
param principalId string = ''

@description('What principalId is.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param principalType string = 'User'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: { 'azd-env-name': environmentName }
}

module app 'app.bicep' = {
  scope: group
  name: 'app'
  params: {
    environmentName: environmentName
    location: location
    useScheduler: useScheduler
    allowedIps: allowedIps
    principalId: principalId
    principalType: principalType
  }
}

output AZURE_RESOURCE_GROUP string = group.name
output API_URL string = app.outputs.url
output STORAGE_URL string = app.outputs.storageUrl
