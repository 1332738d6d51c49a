using System.CommandLine;
using DurableSessions.Core.Commits;
using DurableSessions.Orchestration;
using DurableSessions.Hosting;
using DurableSessions.Server.Clients;
using DurableSessions.Server.Serving;

namespace DurableSessions.Server.Draining;

/// <summary>
/// <c>drain [--wait SECONDS] [--url URL [--key KEY]]</c>: runs the configured engine without serving requests until no commit is left; with
/// <c>--url</c> it runs none, and watches those of a Functions app, which carries them to their end itself. Exits with 0 when drained,
/// with 2 when the time is up, and with 1 after an error. For use before the engine is exchanged, while no host accepts commits.
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
        var url = new Option<string?>("--url")
        {
            Description = "A Functions app whose HTTP trigger is off: wait for its commits, and run none.",
        };
        var key = new Option<string?>("--key")
        {
            Description = "The app's system key durabletask_extension. Default: OPENVIKING_API_KEY in the environment.",
        };
        var command = new Command(
            "drain", "Run all accepted commits to their end and accept no new ones; for use before the engine is exchanged.")
        {
            wait,
            url,
            key,
        };
        command.SetAction((parsed, cancellationToken) => CommandRun.RunAsync(
            stop => parsed.GetValue(url) is { } app
                ? WatchAsync(ServerAddress.Parse(app), KeyOf(parsed.GetValue(key)), Time(parsed), stop)
                : RunAsync(Time(parsed), stop),
            static e => e is ClientException || CommandRun.IsOfStorage(e),
            cancellationToken));
        return command;

        TimeSpan Time(ParseResult parsed) => TimeSpan.FromSeconds(parsed.GetValue(wait));
        static string? KeyOf(string? given) => given ?? Environment.GetEnvironmentVariable("OPENVIKING_API_KEY");
    }

    private static async Task<int> WatchAsync(Uri app, string? key, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using HttpMessageHandler handler = SessionApi.CreateHandler();
        using var instances = new RemoteInstances(app, string.IsNullOrEmpty(key) ? null : key, handler);
        return await DrainAsync(instances.CountAsync, atMost, cancellationToken) ? 0 : Unfinished;
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
        OrchestrationClient client = host.Services.GetRequiredService<OrchestrationClient>();
        bool drained = await DrainAsync(stop => CountAsync(client, stop), atMost, cancellationToken);
        await host.StopAsync(CancellationToken.None);
        return drained ? 0 : Unfinished;
    }

    private static async Task<bool> DrainAsync(
        Func<CancellationToken, Task<(int Commits, int Others)?>> count, TimeSpan atMost, CancellationToken cancellationToken)
    {
        long start = TimeProvider.System.GetTimestamp();
        for (string before = ""; ;)
        {
            (int Commits, int Others)? left = await count(cancellationToken);
            if (left is (0, var others))
            {
                Console.WriteLine($"Drained. Timers left: {others} (watches of idle sessions, and the last step of deletions).");
                return true;
            }

            string now = left is (var commits, _) ? $"Commits left: {commits}" : "There is no answer, so what is left is not known.";
            if (now != before)
            {
                Console.WriteLine(now);
                before = now;
            }

            if (TimeProvider.System.GetElapsedTime(start) >= atMost)
            {
                Console.WriteLine($"Not drained within {atMost.TotalSeconds:0} seconds. {now}");
                return false;
            }

            await Task.Delay(s_interval, cancellationToken);
        }
    }

    private static async Task<(int Commits, int Others)?> CountAsync(OrchestrationClient client, CancellationToken cancellationToken)
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
