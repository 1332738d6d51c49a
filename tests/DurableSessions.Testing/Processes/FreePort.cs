using System.Net;
using System.Net.Sockets;

namespace DurableSessions.Testing;

/// <summary>A port of this machine for a server that is to be started at an address known before, or again at the same one.</summary>
public static class FreePort
{
    /// <summary>A port at which nothing listens now.</summary>
    public static int Next()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
