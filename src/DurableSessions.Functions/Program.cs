using System.Reflection;
using Azure.Core.Serialization;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Storage;
using DurableSessions.Functions;
using DurableSessions.Http.Keys;
using DurableSessions.Orchestration;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

try
{
    FunctionsApplicationBuilder builder = FunctionsApplication.CreateBuilder(args);
    builder.ConfigureFunctionsWebApplication();
    string version =
        typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
    builder.Services.AddAppTelemetry(builder.Configuration, version);
    builder.Services.AddStoreAndApi(builder.Configuration, version);

    // Inputs and results of activities are the same JSON under every engine.
    builder.Services.Configure<WorkerOptions>(static options => options.Serializer = new JsonObjectSerializer(OrchestrationJson.Options));
    using IHost app = builder.Build();
    app.Services.ValidateSettings();
    AuthSettings auth = app.Services.GetRequiredService<IOptions<AuthSettings>>().Value;
    AuthPlace place = AuthPlace.OfFunctions(builder.Configuration, builder.Environment);
    Check(place.Refuse(auth));
    SessionStorage storage = app.Services.GetRequiredService<SessionStorage>();
    if (!place.NeedsKeys(auth))
    {
        await storage.Container.CreateIfNotExistsAsync();
    }
    else if (!await storage.Container.ExistsAsync())
    {
        Check($"There is no container {storage.Container.Name}, so there are no keys. Check Storage:Container; the server's command 'keys "
            + "add' creates the container with the first key.");
    }

    KeyRing keys = app.Services.GetRequiredService<KeyRing>();
    await keys.LoadAsync(CancellationToken.None);
    Check(place.Refuse(auth, keys));
    await app.RunAsync();
    return 0;
}
catch (SettingsException e)
{
    await Console.Error.WriteLineAsync($"error: {e.Message}");
    return 1;
}

static void Check(string? refusal)
{
    if (refusal is not null)
    {
        throw new SettingsException(refusal);
    }
}
