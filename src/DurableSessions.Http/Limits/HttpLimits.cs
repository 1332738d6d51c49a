namespace DurableSessions.Http.Limits;

/// <summary>How much, how fast and how slowly clients may send. What a single field may hold is in <see cref="RequestLimits"/>.</summary>
public sealed record HttpLimits
{
    /// <summary>The most that <see cref="BodyBytes"/> can be: what the API is built for.</summary>
    public const int MaxBodyBytes = 32 * 1024 * 1024;

    /// <summary>The most that <see cref="HeaderBytes"/> can be.</summary>
    public const int MaxHeaderBytes = 128 * 1024;

    /// <summary>Bytes of a request's body.</summary>
    public int BodyBytes { get; init; } = MaxBodyBytes;

    /// <summary>Bytes of a request's headers, all together.</summary>
    public int HeaderBytes { get; init; } = 32 * 1024;

    /// <summary>Connections at a time; one more is closed at once.</summary>
    public int Connections { get; init; } = 2_000;

    /// <summary>Requests of one key in a second, in the long run.</summary>
    public int RequestsPerSecond { get; init; } = 500;

    /// <summary>Requests of one key at once, after it was quiet.</summary>
    public int Burst { get; init; } = 1_000;

    /// <summary>Requests of one address in a second that come without a key that is known, in the long run and at once.</summary>
    public int UnauthenticatedRequestsPerSecond { get; init; } = 50;

    /// <summary>How long a client may take to send its headers, in seconds.</summary>
    public int HeadersSeconds { get; init; } = 15;

    /// <summary>How long a connection is kept with nothing on it, in seconds.</summary>
    public int KeepAliveSeconds { get; init; } = 120;

    /// <summary>The slowest that a body may come, and an answer be taken, in bytes in a second.</summary>
    public int MinBytesPerSecond { get; init; } = 240;

    /// <summary>For how long it may be slower than that, in seconds; 2 at least.</summary>
    public int SlowSeconds { get; init; } = 5;
}
