namespace DurableSessions.Http.Limits;

/// <summary>Limits of requests and connections. The limits of single fields are in <see cref="RequestLimits"/>.</summary>
public sealed record HttpLimits
{
    /// <summary>The upper bound of <see cref="BodyBytes"/>.</summary>
    public const int MaxBodyBytes = 32 * 1024 * 1024;

    /// <summary>The upper bound of <see cref="HeaderBytes"/>.</summary>
    public const int MaxHeaderBytes = 128 * 1024;

    /// <summary>The largest body of a request, in bytes.</summary>
    public int BodyBytes { get; init; } = MaxBodyBytes;

    /// <summary>The largest headers of a request, all together, in bytes.</summary>
    public int HeaderBytes { get; init; } = 32 * 1024;

    /// <summary>Concurrent connections; one more is closed at once.</summary>
    public int Connections { get; init; } = 2_000;

    /// <summary>Requests per second with one key, sustained.</summary>
    public int RequestsPerSecond { get; init; } = 500;

    /// <summary>Requests with one key in a burst: the capacity of its token bucket.</summary>
    public int Burst { get; init; } = 1_000;

    /// <summary>Requests per second of one address without a valid key, sustained and in a burst.</summary>
    public int UnauthenticatedRequestsPerSecond { get; init; } = 50;

    /// <summary>The timeout of a request's headers, in seconds.</summary>
    public int HeadersSeconds { get; init; } = 15;

    /// <summary>The timeout of an idle connection, in seconds.</summary>
    public int KeepAliveSeconds { get; init; } = 120;

    /// <summary>The lowest data rate of request and response bodies, in bytes per second.</summary>
    public int MinBytesPerSecond { get; init; } = 240;

    /// <summary>The grace period of <see cref="MinBytesPerSecond"/>, in seconds; at least 2.</summary>
    public int SlowSeconds { get; init; } = 5;
}
