using System.Net;
using System.Net.Sockets;
using DurableSessions.LocalStorage;

namespace DurableSessions.Server.Tests.Serving;

/// <summary>The one start error that takes its time, beside the others.</summary>
public sealed class SilentStorageTests
{
    [Fact]
    public async Task Storage_that_never_answers()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        int port = ((IPEndPoint)silent.LocalEndpoint).Port;
        await StartErrorTests.AssertErrorAsync(
            StartErrorTests.Connection(AzuriteProcess.ConnectionStringFor(port)),
            "http://127.0.0.1:0",
            "has not answered within 10 seconds");
    }
}
