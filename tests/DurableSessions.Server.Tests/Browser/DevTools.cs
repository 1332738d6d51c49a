using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DurableSessions.Server.Tests.Browser;

/// <summary>A browser's DevTools protocol over its WebSocket: commands with their results, and the events of each tab.</summary>
internal sealed class DevTools : IAsyncDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode>> _pending = [];
    private readonly ConcurrentDictionary<string, Action<string, JsonNode>> _sessions = [];
    private Task _reading = Task.CompletedTask;
    private int _commands;

    public static async Task<DevTools> ConnectAsync(Uri address)
    {
        var tools = new DevTools();
        await tools._socket.ConnectAsync(address, CancellationToken.None).WaitAsync(s_timeout);
        tools._reading = tools.ReadAsync();
        return tools;
    }

    /// <summary>Has a tab's events go to a method, by name and parameters. It is called on the thread that reads.</summary>
    public void Listen(string session, Action<string, JsonNode> onEvent) => _sessions[session] = onEvent;

    /// <summary>Executes a command, of the browser where there is no session. Its result.</summary>
    /// <exception cref="InvalidOperationException">The browser refuses it, or has ended.</exception>
    public async Task<JsonNode> SendAsync(string method, JsonObject? parameters = null, string? session = null)
    {
        int id = Interlocked.Increment(ref _commands);
        var result = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending[id] = result;
        var command = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (session is not null)
        {
            command["sessionId"] = session;
        }

        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(
                JsonSerializer.SerializeToUtf8Bytes(command), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }

        return await result.Task.WaitAsync(s_timeout);
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading;
        _socket.Dispose();
        _sending.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        using var message = new MemoryStream();
        try
        {
            while (await _socket.ReceiveAsync(buffer, CancellationToken.None) is { MessageType: WebSocketMessageType.Text } part)
            {
                message.Write(buffer, 0, part.Count);
                if (part.EndOfMessage)
                {
                    Take(JsonNode.Parse(message.ToArray())!);
                    message.SetLength(0);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The browser has ended, or this connection to it.
        }

        foreach (TaskCompletionSource<JsonNode> result in _pending.Values)
        {
            result.TrySetException(new InvalidOperationException("The browser has ended."));
        }
    }

    private void Take(JsonNode message)
    {
        if ((int?)message["id"] is { } id)
        {
            if (_pending.TryRemove(id, out TaskCompletionSource<JsonNode>? result))
            {
                Complete(result, message);
            }
        }
        else if ((string?)message["sessionId"] is { } session && _sessions.TryGetValue(session, out Action<string, JsonNode>? onEvent))
        {
            onEvent((string)message["method"]!, message["params"]!);
        }
    }

    private static void Complete(TaskCompletionSource<JsonNode> result, JsonNode message)
    {
        if (message["error"] is { } error)
        {
            result.SetException(new InvalidOperationException($"The browser refuses a command: {error.ToJsonString()}"));
        }
        else
        {
            result.SetResult(message["result"]!);
        }
    }
}
