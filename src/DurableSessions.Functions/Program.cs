using System.Reflection;
using Azure.Core.Serialization;
using DurableSessions.Core.Configuration;
using DurableSessions.Functions;
using DurableSessions.Hosting;
using DurableSessions.Http.Keys;
using DurableSessions.Orchestration;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

try
{
    FunctionsApplicationBuilder builder = FunctionsApplication.CreateBuilder(args);
    builder.ConfigureFunctionsWebApplication();
    builder.UseMiddleware<FailedInvocation>();
    string version =
        typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
    builder.Services.AddAppTelemetry(builder.Configuration, version);
    builder.Services.AddStoreAndApi(builder.Configuration, version);

    // Inputs and results of activities are the same JSON under every engine.
    builder.Services.Configure<WorkerOptions>(static options => options.Serializer = new JsonObjectSerializer(OrchestrationJson.Options));
    IHost app = builder.Build();
    await app.Services.OpenStorageAsync(AuthPlace.OfFunctions(builder.Configuration, builder.Environment));
    await app.RunUndisposedAsync();
    return 0;
}
catch (Exception e) when (e is StartException or SettingsException)
{
    await Console.Error.WriteLineAsync($"error: {e.Message}");
    return 1;
}
