using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DurableSessions.Http.Limits;

/// <summary>
/// Bounds the connections of one address, so that one client cannot take all of the host's. Those of a proxy are its clients', and are
/// bounded by <see cref="HttpLimits.Connections"/> alone.
/// </summary>
internal sealed class ConnectionLimit(IOptions<HttpLimits> limits, TrustedProxies proxies, ILogger<ConnectionLimit> log)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Open> _byClient = new(StringComparer.Ordinal);

    /// <summary>Serves a connection, or closes it at once where its address has as many as it may.</summary>
    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.RemoteEndPoint is not IPEndPoint { Address: { } address } || proxies.Contains(address))
        {
            await next(connection);
            return;
        }

        string client = ClientName.Network(address);
        if (!TryEnter(client))
        {
            connection.Abort(new ConnectionAbortedException("The client's address has as many connections as it may have."));
            return;
        }

        try
        {
            await next(connection);
        }
        finally
        {
            Leave(client);
        }
    }

    private bool TryEnter(string client)
    {
        int atMost = limits.Value.ConnectionsPerAddress;
        lock (_lock)
        {
            Open open = _byClient.GetValueOrDefault(client);
            if (open.Count < atMost)
            {
                _byClient[client] = open with { Count = open.Count + 1 };
                return true;
            }

            _byClient[client] = open with { IsRefused = true };
            if (open.IsRefused)
            {
                return false;
            }
        }

        Log.ConnectionsRefused(log, client, atMost);
        return false;
    }

    private void Leave(string client)
    {
        lock (_lock)
        {
            Open open = _byClient[client];
            if (open.Count == 1)
            {
                _byClient.Remove(client);
            }
            else
            {
                _byClient[client] = open with { Count = open.Count - 1 };
            }
        }
    }

    // Refused: logged once, until the client has no connection.
    private readonly record struct Open(int Count, bool IsRefused);
}
