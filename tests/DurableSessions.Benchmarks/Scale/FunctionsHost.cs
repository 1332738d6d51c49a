using System.Collections.Concurrent;
using System.Globalization;
using DurableSessions.Core.Commits;
using DurableSessions.Testing;

namespace DurableSessions.Benchmarks.Scale;

/// <summary>
/// One instance of the published Functions app: a host, its worker, and the host's part in the task hub. They are killed together, as a
/// machine that fails ends them.
/// </summary>
internal sealed class FunctionsHost : IAsyncDisposable
{
    private const int LastLines = 20;

    private readonly ConcurrentQueue<string> _lines = new();
    private Child? _hub;
    private Child? _host;
    private int _activities;
    private int _switches;

    private FunctionsHost(string name, Uri address)
    {
        Name = name;
        Address = address;
    }

    public string Name { get; }

    public Uri Address { get; }

    /// <summary>The activities that it completed.</summary>
    public int Activities => Volatile.Read(ref _activities);

    /// <summary>The commits that it switched.</summary>
    public int Switches => Volatile.Read(ref _switches);

    /// <summary>Its last lines that are not of the task hub.</summary>
    public string Output => string.Join('\n', _lines);

    /// <param name="name">Of the worker in the task hub.</param>
    /// <param name="app">The folder of the published app.</param>
    /// <param name="program">The program of the Functions host.</param>
    /// <param name="connectionString">The storage of the app and of its task hub.</param>
    /// <param name="visibility">After which messages that it took come back when it is killed.</param>
    public static async Task<FunctionsHost> StartAsync(
        string name, string app, string program, string connectionString, TimeSpan visibility)
    {
        int http = FreePort.Next();
        var host = new FunctionsHost(name, Local(http));
        try
        {
            int hub = FreePort.Next();
            host._hub = await Child.StartAsync(
                TaskHub.Arguments(hub, connectionString, name, visibility), new Dictionary<string, string>(), TaskHub.Ready, host.Count);
            host._host = await Child.StartAsync(
                FunctionsProgram.Arguments(program, http, Local(hub), app),
                FunctionsProgram.Environment(new Dictionary<string, string>
                {
                    ["ConnectionStrings__Storage"] = connectionString,
                    ["Auth__Mode"] = "keys",
                    ["Limits__RequestsPerSecond"] = "1000000",
                    ["Limits__Burst"] = "1000000",
                }),
                FunctionsProgram.Ready,
                host.Keep);
            return host;
        }
        catch (Exception e)
        {
            await host.DisposeAsync();
            throw new InvalidOperationException($"{name} does not start:\n{host.Output}", e);
        }
    }

    /// <summary>Kills all of it (SIGKILL).</summary>
    public async Task KillAsync()
    {
        await (_host?.KillAsync() ?? Task.CompletedTask);
        await (_hub?.KillAsync() ?? Task.CompletedTask);
    }

    public async ValueTask DisposeAsync()
    {
        await (_host?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_hub?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private static Uri Local(int port) => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));

    private void Count(string line)
    {
        if (!line.StartsWith(TaskHub.Completed, StringComparison.Ordinal))
        {
            Keep(line);
            return;
        }

        Interlocked.Increment(ref _activities);
        if (line[TaskHub.Completed.Length..] == CommitNames.Switch)
        {
            Interlocked.Increment(ref _switches);
        }
    }

    private void Keep(string line)
    {
        _lines.Enqueue(line);
        while (_lines.Count > LastLines && _lines.TryDequeue(out _))
        {
            // Only the last are kept.
        }
    }
}
