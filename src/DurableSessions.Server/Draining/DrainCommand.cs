using System.CommandLine;
using DurableSessions.Core.Commits;
using DurableSessions.Orchestration;
using DurableSessions.Hosting;
using DurableSessions.Server.Serving;

namespace DurableSessions.Server.Draining;

/// <summary>
/// <c>drain [--wait SECONDS]</c>: runs the configured engine without serving requests until no commit is left. Exits with 0 when drained,
/// with 2 when the time is up, and with 1 after an error. For use before the engine is exchanged, while no other host runs on the storage.
/// </summary>
internal static class DrainCommand
{
    private const int Unfinished = 2;

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);

    public static Command Create()
    {
        var wait = new Option<int>("--wait")
        {
            Description = "Seconds to wait at the most, 1 to 86400.",
            DefaultValueFactory = static _ => 300,
        };
        wait.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValueOrDefault<int>() is < 1 or > 86_400)
            {
                result.AddError("--wait is 1 to 86400 seconds.");
            }
        });
        var command = new Command(
            "drain", "Run all accepted commits to their end and accept no new ones; for use before the engine is exchanged.") { wait };
        command.SetAction((parsed, cancellationToken) => CommandRun.RunAsync(
            stop => RunAsync(TimeSpan.FromSeconds(parsed.GetValue(wait)), stop), CommandRun.IsOfStorage, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(
            new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        await using var storage = new StorageConnection();
        builder.Services.AddStorage(storage);
        builder.Services.AddStore(builder.Configuration);
        builder.Services.AddEngine(builder.Configuration);
        using IHost host = builder.Build();
        await storage.OpenAsync(
            host.Services, Console.Out.WriteLine, ", so there is nothing to drain. Is Storage:Container right?", cancellationToken);
        await host.StartAsync(cancellationToken);
        bool drained = await DrainAsync(host.Services.GetRequiredService<OrchestrationClient>(), atMost, cancellationToken);
        await host.StopAsync(CancellationToken.None);
        return drained ? 0 : Unfinished;
    }

    private static async Task<bool> DrainAsync(OrchestrationClient client, TimeSpan atMost, CancellationToken cancellationToken)
    {
        long start = TimeProvider.System.GetTimestamp();
        for (int before = -1; ;)
        {
            (int commits, int others) = await CountAsync(client, cancellationToken);
            if (commits == 0)
            {
                Console.WriteLine($"Drained. Timers left: {others} (watches of idle sessions, and the last step of deletions).");
                return true;
            }

            if (commits != before)
            {
                Console.WriteLine($"Commits left: {commits}");
                before = commits;
            }

            if (TimeProvider.System.GetElapsedTime(start) >= atMost)
            {
                Console.WriteLine($"Not drained within {atMost.TotalSeconds:0} seconds: {commits} commits are left.");
                return false;
            }

            await Task.Delay(s_interval, cancellationToken);
        }
    }

    private static async Task<(int Commits, int Others)> CountAsync(OrchestrationClient client, CancellationToken cancellationToken)
    {
        int commits = 0;
        int others = 0;
        var query = new OrchestrationQuery
        {
            Statuses = OrchestrationRuntimeStatuses.NotOver,
            PageSize = 1_000,
        };
        await foreach (OrchestrationPage page in client.ListPagesAsync(query, cancellationToken))
        {
            int here = page.Values.Count(static instance => instance.Name == CommitNames.Orchestrator);
            commits += here;
            others += page.Values.Count - here;
        }

        return (commits, others);
    }
}
