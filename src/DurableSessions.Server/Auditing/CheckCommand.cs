using System.CommandLine;
using DurableSessions.Core;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.Configuration;
using DurableSessions.Server.Serving;
using Microsoft.Extensions.Options;

namespace DurableSessions.Server.Auditing;

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
        // What the client of the servers' engine does not know is over, and may be removed.
        await using var storage = new StorageConnection();
        await using WebApplication host = await StoreHost.OpenAsync(
            storage, ", so there is nothing to check. Is Storage:Container right?", Configure, cancellationToken);
        var options = new AuditOptions
        {
            Repair = repair,
            OrphanAge = host.Services.GetRequiredService<IOptions<CheckSettings>>().Value.OrphanAge,
        };
        StorageAudit audit = host.Services.GetRequiredService<SessionStore>().Audit;
        return await new CheckReport(storage.Description, options).RunAsync(audit, cancellationToken) > 0 ? ErrorsFound : 0;
    }

    private static void Configure(WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IValidateOptions<CheckSettings>, CheckSettingsValidator>();
        builder.Services.AddOptions<CheckSettings>().BindSettings(CheckSettings.Section);
    }
}
