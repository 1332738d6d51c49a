using System.Reflection;
using Azure.Core.Serialization;
using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Storage;
using DurableSessions.Functions;
using DurableSessions.Http.Keys;
using DurableSessions.Orchestration;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

FunctionsApplicationBuilder builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
string version = typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
builder.Services.AddStoreAndApi(version);

// Inputs and results of activities are the same JSON under every engine.
builder.Services.Configure<WorkerOptions>(static options => options.Serializer = new JsonObjectSerializer(OrchestrationJson.Options));
if (builder.Configuration["APPLICATIONINSIGHTS_CONNECTION_STRING"] is { Length: > 0 })
{
    builder.Services.AddOpenTelemetry()
        .UseFunctionsWorkerDefaults()
        .UseAzureMonitorExporter(static options => options.Credential = new DefaultAzureCredential());
}

using IHost app = builder.Build();
app.Services.ValidateSettings();
await app.Services.GetRequiredService<SessionStorage>().Container.CreateIfNotExistsAsync();
KeyRing keys = app.Services.GetRequiredService<KeyRing>();
await keys.LoadAsync(CancellationToken.None);
if (!keys.HasKeys && !builder.Environment.IsDevelopment())
{
    throw new InvalidOperationException(
        "There are no keys, so any client that reaches this app could read and change every session. "
        + "Make one with the server's command 'keys add'.");
}

await app.RunAsync();
