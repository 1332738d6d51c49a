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
    private readonly ClientTally _open = new();

    // Each has connections: it is taken out with the last one.
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);

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
            if (_open.Of(client) < atMost)
            {
                _open.Add(client, 1);
                return true;
            }

            if (!_refused.Add(client))
            {
                return false;
            }
        }

        // Once, until the client has no connection.
        Log.ConnectionsRefused(log, client, atMost);
        return false;
    }

    private void Leave(string client)
    {
        lock (_lock)
        {
            _open.Add(client, -1);
            if (_open.Of(client) == 0)
            {
                _refused.Remove(client);
            }
        }
    }
}
