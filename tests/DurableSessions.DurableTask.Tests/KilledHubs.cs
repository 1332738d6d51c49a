using System.Net.Sockets;
using DurableSessions.Testing;

namespace DurableSessions.DurableTask.Tests;

/// <summary>A task hub that is killed together with its worker.</summary>
internal interface IKilledHub : IAsyncDisposable
{
    /// <summary>Ends it where it runs, with all that its worker had in hand, and starts it again. Where it answers now.</summary>
    Task<Uri> RestartAsync();
}

/// <summary>
/// A task hub in the memory of this process: it keeps its instances, and takes back the work of the worker that was killed.
/// </summary>
internal sealed class KilledMemoryHub : IKilledHub
{
    private readonly DurableHub _hub = DurableHub.InMemory();
    private Scheduler? _scheduler;

    public Histories Histories => _hub.Histories;

    public async Task<Uri> RestartAsync()
    {
        await EndAsync();
        _scheduler = await Scheduler.StartAsync(_hub);
        return new Uri(_scheduler.Address);
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        await _hub.DisposeAsync();
    }

    private async Task EndAsync()
    {
        if (_scheduler is not null)
        {
            await _scheduler.DisposeAsync();
        }
    }
}

/// <summary>A task hub on Azure Storage, in a process of its own that gets SIGKILL.</summary>
internal sealed class KilledStorageHub(string connection) : IKilledHub
{
    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(60);

    private readonly string _name = $"hub{Guid.NewGuid():N}";
    private ServerProcess? _process;

    public async Task<Uri> RestartAsync()
    {
        await DisposeAsync();
        int port = FreePort.Next();
        _process = KilledPrograms.LaunchTaskHub(port, connection, _name);
        await AnswersAsync(port);
        return new Uri($"http://127.0.0.1:{port}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.KillAsync();
            await _process.DisposeAsync();
        }
    }

    // It does not say when it listens.
    private async Task AnswersAsync(int port)
    {
        using var limit = new CancellationTokenSource(s_start);
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", port, limit.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(20, limit.Token);
            }
        }
    }
}
