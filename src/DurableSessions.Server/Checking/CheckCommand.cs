using System.CommandLine;
using System.Globalization;
using DurableSessions.Core;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.Storage;
using DurableSessions.Engine;
using DurableSessions.Semantics.Extractive;
using DurableSessions.Server.Serving;

namespace DurableSessions.Server.Checking;

/// <summary>
/// <c>check [--repair]</c>: audits storage. Exits with 0 when it found no error (orphans are not errors), with 2 when it found one, and
/// with 1 when the audit could not be completed.
/// </summary>
internal static class CheckCommand
{
    private const int ErrorsFound = 2;

    public static Command Create()
    {
        var repair = new Option<bool>("--repair") { Description = "Remove blobs that nothing refers to and that are older than a day." };
        var command = new Command(
            "check", "Audit storage: check that every message is where it belongs, and find orphaned blobs.") { repair };
        command.SetAction((parsed, cancellationToken) => CommandRun.RunAsync(
            stop => RunAsync(parsed.GetValue(repair), stop), CommandRun.IsOfStorage, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(bool repair, CancellationToken cancellationToken)
    {
        // The settings of the server: the same files, the same environment.
        WebApplicationBuilder builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        AuditOptions options = Options(builder.Configuration, repair);
        await using StorageConnection storage = await StorageConnection.OpenAsync(
            StorageSettings.Read(builder.Configuration), Console.Out.WriteLine, cancellationToken);
        return await AuditAsync(storage, options, cancellationToken) > 0 ? ErrorsFound : 0;
    }

    /// <exception cref="StartException">The age is not a time span, or negative.</exception>
    private static AuditOptions Options(ConfigurationManager configuration, bool repair)
    {
        var options = new AuditOptions { Repair = repair };
        return configuration["Check:OrphanAge"] switch
        {
            null or "" => options,
            { } text when TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan age) && age >= TimeSpan.Zero =>
                options with { OrphanAge = age },
            { } text => throw new StartException($"Check:OrphanAge is '{text}'; it must be a time such as 1.00:00:00 (a day)."),
        };
    }

    // The engine is built for its client, which reads instances. It is never started, so this process claims and runs no instance.
    private static async Task<int> AuditAsync(StorageConnection connection, AuditOptions options, CancellationToken cancellationToken)
    {
        SessionStorage storage = connection.Storage;
        var services = new ServiceCollection();
        services.AddDurableSessions(storage);
        services.AddExtractiveDigest();
        services.AddEmbeddedEngine(storage.Container, storage.Unretried);
        await using ServiceProvider provider = services.BuildServiceProvider();
        StorageAudit audit = provider.GetRequiredService<SessionStore>().Audit;
        return await new CheckReport(connection.Description, options).RunAsync(audit, cancellationToken);
    }
}
