using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Deployment;

/// <summary>
/// <c>infra/azure/main.bicep</c> as the compiler leaves it for Azure, with the linter rules of the <c>bicepconfig.json</c> beside it. The
/// compiler is a program of Linux on x64: elsewhere the tests of what it compiles are skipped.
/// </summary>
public sealed class BicepBuild : IAsyncLifetime
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(120);

    private JsonDocument? _main;

    /// <summary>What it said: errors and warnings, a line each.</summary>
    public string Diagnostics { get; private set; } = "";

    /// <summary>The template of the subscription.</summary>
    public JsonElement Main
    {
        get
        {
            Assert.SkipUnless(IsHere, "The Bicep compiler of the tests is a program of Linux on x64.");
            return _main?.RootElement ?? throw new InvalidOperationException(Diagnostics);
        }
    }

    /// <summary>The template of <c>app.bicep</c>.</summary>
    public JsonElement App => Template(Main.GetProperty("resources").EnumerateArray().Single(IsDeployment));

    /// <summary>The template of <c>network.bicep</c>.</summary>
    public JsonElement Network => Template(Resource("network"));

    private static bool IsHere => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>A resource of <c>app.bicep</c> by its name there, such as <c>storage::blobs</c>.</summary>
    public JsonElement Resource(string name) => App.GetProperty("resources").GetProperty(name);

    public async ValueTask InitializeAsync()
    {
        if (!IsHere)
        {
            return;
        }

        string program = typeof(BicepBuild).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(static metadata => metadata.Key == "BicepProgram").Value!;
        ProgramRun build = await ProgramRun.OfAsync(
            program, ["build", Repository.PathOf("infra/azure/main.bicep"), "--stdout"], s_timeout);
        Diagnostics = build.Errors;
        _main = build.ExitCode == 0 ? JsonDocument.Parse(build.Output) : null;
    }

    public ValueTask DisposeAsync()
    {
        _main?.Dispose();
        return ValueTask.CompletedTask;
    }

    private static bool IsDeployment(JsonElement resource) =>
        resource.GetProperty("type").GetString() == "Microsoft.Resources/deployments";

    private static JsonElement Template(JsonElement deployment) => deployment.GetProperty("properties").GetProperty("template");
}
