using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;

namespace DurableSessions.Http.Limits;

/// <summary>
/// Limits of requests and connections; the section <c>Limits</c> of a host's settings. The limits of single fields are in
/// <see cref="RequestLimits"/>.
/// </summary>
public sealed record HttpLimits
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Limits";

    /// <summary>The upper bound of <see cref="BodyBytes"/>.</summary>
    public const int MaxBodyBytes = 32 * 1024 * 1024;

    /// <summary>The upper bound of <see cref="HeaderBytes"/>.</summary>
    public const int MaxHeaderBytes = 128 * 1024;

    /// <summary>The lower bound of <see cref="BodiesBytes"/>: two clients can send the largest body at a time.</summary>
    public const int MinBodiesBytes = 2 * MaxBodyBytes;

    /// <summary>The upper bound of <see cref="BodiesBytes"/>.</summary>
    public const int MaxBodiesBytes = 1024 * 1024 * 1024;

    private const int MinBytes = 1_024;
    private const int MaxConnections = 1_000_000;
    private const int MaxRequests = 1_000_000;
    private const int MaxWaits = 100_000;
    private const int MaxSeconds = 3_600;
    private const string NoNumber = "{0} is not a whole number from {1} to {2}.";

    /// <summary>The largest body of a request, in bytes: 1,024 to <see cref="MaxBodyBytes"/>.</summary>
    [Range(MinBytes, MaxBodyBytes, ErrorMessage = NoNumber)]
    public int BodyBytes { get; set; } = MaxBodyBytes;

    /// <summary>The largest headers of a request, all together, in bytes: 1,024 to <see cref="MaxHeaderBytes"/>.</summary>
    [Range(MinBytes, MaxHeaderBytes, ErrorMessage = NoNumber)]
    public int HeaderBytes { get; set; } = 32 * 1024;

    /// <summary>Concurrent connections, 1 to 1,000,000; one more is closed at once.</summary>
    [Range(1, MaxConnections, ErrorMessage = NoNumber)]
    public int Connections { get; set; } = 2_000;

    /// <summary>
    /// Concurrent connections of one address, or of one IPv6 network of 64 bits, 1 to 1,000,000; one more is closed at once. Those of
    /// <see cref="ProxySettings.Trusted"/> are not counted.
    /// </summary>
    [Range(1, MaxConnections, ErrorMessage = NoNumber)]
    public int ConnectionsPerAddress { get; set; } = 500;

    /// <summary>
    /// Requests per second with one key, sustained: 1 to 1,000,000. A request counts as many times as it may cause storage requests.
    /// </summary>
    [Range(1, MaxRequests, ErrorMessage = NoNumber)]
    public int RequestsPerSecond { get; set; } = 500;

    /// <summary>
    /// Requests with one key in a burst, 1 to 1,000,000: the capacity of its token bucket, and the most that one request counts.
    /// </summary>
    [Range(1, MaxRequests, ErrorMessage = NoNumber)]
    public int Burst { get; set; } = 1_000;

    /// <summary>Requests per second of one address without a valid key, sustained and in a burst: 1 to 1,000,000.</summary>
    [ConfigurationKeyName("StrangerRequestsPerSecond")]
    [Range(1, MaxRequests, ErrorMessage = NoNumber)]
    public int UnauthenticatedRequestsPerSecond { get; set; } = 50;

    /// <summary>
    /// Requests of one key, or of one address without a key, that wait for commits at a time: 1 to 100,000; one more is refused before
    /// anything is started. Of all together ten times as many, and at most half of <see cref="Connections"/>.
    /// </summary>
    [Range(1, MaxWaits, ErrorMessage = NoNumber)]
    public int Waits { get; set; } = 100;

    /// <summary>The timeout of a request's headers, in seconds: 1 to 3,600.</summary>
    [Range(1, MaxSeconds, ErrorMessage = NoNumber)]
    public int HeadersSeconds { get; set; } = 15;

    /// <summary>The timeout of an idle connection, in seconds: 1 to 3,600.</summary>
    [Range(1, MaxSeconds, ErrorMessage = NoNumber)]
    public int KeepAliveSeconds { get; set; } = 120;

    /// <summary>The lowest data rate of request and response bodies, in bytes per second: 1 to <see cref="MaxBodyBytes"/>.</summary>
    [Range(1, MaxBodyBytes, ErrorMessage = NoNumber)]
    public int MinBytesPerSecond { get; set; } = 240;

    /// <summary>The grace period of <see cref="MinBytesPerSecond"/>, in seconds: 2 to 3,600.</summary>
    [Range(2, MaxSeconds, ErrorMessage = NoNumber)]
    public int SlowSeconds { get; set; } = 5;

    /// <summary>The timeout of a request's body as a whole, in seconds, however fast it comes: 1 to 3,600.</summary>
    [Range(1, MaxSeconds, ErrorMessage = NoNumber)]
    public int BodySeconds { get; set; } = 300;

    /// <summary>The timeout of a large answer as a whole, in seconds, however fast it is taken: 1 to 3,600.</summary>
    [Range(1, MaxSeconds, ErrorMessage = NoNumber)]
    public int AnswerSeconds { get; set; } = 300;

    /// <summary>
    /// The bodies of requests, contexts and archives in memory at a time, all together, in bytes:
    /// <see cref="MinBodiesBytes"/> to <see cref="MaxBodiesBytes"/>. One key, or one address without a key, may have half of them. More
    /// wait for some seconds.
    /// </summary>
    [Range(MinBodiesBytes, MaxBodiesBytes, ErrorMessage = NoNumber)]
    public int BodiesBytes { get; set; } = 4 * MaxBodyBytes;
}
