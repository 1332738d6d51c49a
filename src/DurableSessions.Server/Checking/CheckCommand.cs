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
/// <c>check [--repair]</c>: audits storage. Exits with 0 where no error was found (orphans are none), with 2 where one was, and with
/// 1 where the audit could not be carried through.
/// </summary>
internal static class CheckCommand
{
    private const int ErrorsFound = 2;

    public static Command Create()
    {
        var repair = new Option<bool>("--repair") { Description = "Remove what nobody refers to and is older than a day." };
        var command = new Command("check", "Audit storage: whether every message is where it should be, and what lies there that nobody needs.") { repair };
        command.SetAction((parsed, cancellationToken) => CommandRun.RunAsync(
            stop => RunAsync(parsed.GetValue(repair), stop), CommandRun.IsOfStorage, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(bool repair, CancellationToken cancellationToken)
    {
        // The settings of the server: the same files, the same environment.
        WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        AuditOptions options = Options(builder.Configuration, repair);
        await using StorageConnection storage = await StorageConnection.OpenAsync(
            StorageSettings.Read(builder.Configuration), Console.Out.WriteLine, cancellationToken);
        return await AuditAsync(storage, options, cancellationToken) > 0 ? ErrorsFound : 0;
    }

    /// <exception cref="StartException">The age is none.</exception>
    private static AuditOptions Options(ConfigurationManager configuration, bool repair)
    {
        var options = new AuditOptions { Repair = repair };
        return configuration["Check:OrphanAge"] switch
        {
            null or "" => options,
            { } text when TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan age) && age >= TimeSpan.Zero => options with { OrphanAge = age },
            { } text => throw new StartException($"Check:OrphanAge '{text}' is no time such as 1.00:00:00 (a day)."),
        };
    }

    // The engine is made for its client, which reads instances; it is never started, so nothing is run or claimed here.
    private static async Task<int> AuditAsync(StorageConnection connection, AuditOptions options, CancellationToken cancellationToken)
    {
        SessionStorage storage = connection.Storage;
        var services = new ServiceCollection();
        services.AddDurableSessions(storage);
        services.AddExtractiveDigest();
        services.AddEmbeddedEngine(storage.Container, storage.Unretried);
        await using ServiceProvider provider = services.BuildServiceProvider();
        return await new CheckReport(connection.Description, options).RunAsync(provider.GetRequiredService<SessionStore>().Audit, cancellationToken);
    }
}
