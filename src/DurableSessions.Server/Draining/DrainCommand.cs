using System.CommandLine;
using DurableSessions.Engine;
using DurableSessions.Hosting;
using DurableSessions.Orchestration;
using DurableSessions.Server.Clients;
using DurableSessions.Server.Serving;

namespace DurableSessions.Server.Draining;

/// <summary>
/// <c>drain [--wait SECONDS] [--url URL [--key KEY]]</c>: runs the configured engine without serving requests until nothing is left that
/// another engine would not do; with <c>--url</c> it runs none, and watches the instances of a Functions app, which carries them to their
/// end itself. Exits with 0 when drained, with 2 when the time is up, and with 1 after an error. For use before the engine is exchanged,
/// while no host accepts requests.
/// </summary>
internal static class DrainCommand
{
    private const int Unfinished = 2;

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);

    public static Command Create()
    {
        var wait = new Option<int>("--wait")
        {
            Description = "Seconds to wait at the most, 1 to 86400, beside the start and the stop of the engine.",
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
            Description = "A Functions app whose HTTP trigger is off: wait for what it has begun, and run none.",
        };
        var key = new Option<string?>("--key")
        {
            Description = "The app's system key durabletask_extension. Default: OPENVIKING_API_KEY in the environment.",
        };
        var command = new Command(
            "drain", "Run all accepted commits, and all else that has begun, to their end; for use before the engine is exchanged.")
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

        // Durable Task lists custom statuses with inputs and outputs; the embedded engine without them, and reads each instance for those.
        bool isEmbedded = host.Services.GetService<EmbeddedEngine>() is not null;
        bool drained = await DrainAsync(stop => CountAsync(client, !isEmbedded, stop), atMost, cancellationToken);
        await host.StopAsync(CancellationToken.None);
        return drained ? 0 : Unfinished;
    }

    private static async Task<bool> DrainAsync(
        Func<CancellationToken, Task<Remaining?>> count, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(atMost);
        string now = "What is left is not known yet.";
        try
        {
            for (string said = ""; ; await Task.Delay(s_interval, limit.Token))
            {
                Remaining? remaining = await count(limit.Token);
                if (remaining is { IsDrained: true })
                {
                    Console.WriteLine(
                        $"Drained. Waiting for their time: {remaining.Asleep} (watches of idle sessions, and the last step of deletions).");
                    return true;
                }

                now = remaining is null ? "There is no answer, so what is left is not known." : $"Left: {remaining.Left}.";
                if (now != said)
                {
                    Console.WriteLine(now);
                    said = now;
                }
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            Console.WriteLine($"Not drained within {atMost.TotalSeconds:0} seconds. {now}");
            return false;
        }
    }

    private static async Task<Remaining?> CountAsync(OrchestrationClient client, bool withPayloads, CancellationToken cancellationToken)
    {
        var remaining = new Remaining();
        var query = new OrchestrationQuery
        {
            Statuses = OrchestrationRuntimeStatuses.NotOver,
            PageSize = 1_000,
            FetchInputsAndOutputs = withPayloads,
        };
        try
        {
            await foreach (OrchestrationPage page in client.ListPagesAsync(query, cancellationToken))
            {
                foreach (OrchestrationMetadata instance in page.Values)
                {
                    remaining.Add(instance.Name, instance.SerializedCustomStatus);
                }
            }
        }
        catch (OrchestrationUnavailableException)
        {
            return null;
        }

        return remaining;
    }
}
