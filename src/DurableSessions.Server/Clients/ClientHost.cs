namespace DurableSessions.Server.Clients;

/// <summary>What the commands of a client take from the process.</summary>
internal sealed record ClientHost
{
    /// <summary>Waits.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Makes what sends requests.</summary>
    public Func<HttpMessageHandler> Handler { get; init; } = SessionApi.CreateHandler;

    /// <summary>Variables of the environment.</summary>
    public Func<string, string?> Environment { get; init; } = static name => System.Environment.GetEnvironmentVariable(name);

    /// <summary>A client of a server; the caller disposes it.</summary>
    public SessionApi Connect(ServerAddress server) => new(server, Time, Handler());
}
