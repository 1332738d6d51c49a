using System.Net;
using System.Text.RegularExpressions;
using DurableSessions.Engine;
using DurableSessions.Hosting;

namespace DurableSessions.Server.Serving;

/// <summary>Where the server listens.</summary>
internal sealed partial class Addresses
{
    public const string Default = "http://127.0.0.1:1933";

    private readonly IReadOnlyList<BindingAddress> _all;

    private Addresses(IReadOnlyList<string> urls, IReadOnlyList<BindingAddress> all)
    {
        Urls = urls;
        _all = all;
    }

    /// <summary>The URLs to listen on.</summary>
    public IReadOnlyList<string> Urls { get; }

    /// <summary>
    /// Reads URLs separated by ';', and the URLs of <c>Kestrel:Endpoints</c>, which Kestrel prefers to them.
    /// </summary>
    /// <exception cref="StartException">A URL is no address to listen on.</exception>
    public static Addresses Parse(string? urls, IConfiguration configuration)
    {
        string[] named = (urls ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string[] given = named.Length == 0 ? [Default] : named;
        IEnumerable<string> endpoints =
            configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>();
        return new Addresses(given, [.. given.Concat(endpoints).Select(ParseOne)]);
    }

    /// <summary>The first address that other machines reach; <see langword="null"/> where all are loopback addresses.</summary>
    public string? Reachable => _all.FirstOrDefault(static address => !IsLoopback(address))?.ToString();

    /// <summary>The addresses that other machines reach without TLS.</summary>
    public IEnumerable<string> ReachableInPlainText => _all
        .Where(static address => address.Scheme == Uri.UriSchemeHttp && !IsLoopback(address))
        .Select(static address => address.ToString());

    /// <summary>
    /// A name of this machine and address: this host's at each start and, while it listens, no other's where machines have names of their
    /// own. <see langword="null"/> where the port is drawn at each start, or the name would be too long.
    /// </summary>
    public string? HostName =>
        _all[^1] is { IsUnixPipe: false, Port: > 0 } last
            && NotInNames().Replace($"{Dns.GetHostName()}-{last.Host}-{last.Port}", "-") is var name
            && Regex.IsMatch(name, EngineOptions.HostNamePattern) ? name : null;

    public override string ToString() => string.Join(", ", _all);

    private static BindingAddress ParseOne(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            if (address.Scheme is "http" or "https"
                && address.PathBase.Length == 0
                && (address.IsUnixPipe || address.Port is >= 0 and <= 65535))
            {
                return address;
            }
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException)
        {
            // Reported below.
        }

        throw new StartException($"'{url}' is no address to listen on; --urls takes such as {Default}.");
    }

    [GeneratedRegex("[^A-Za-z0-9._-]")]
    private static partial Regex NotInNames();

    private static bool IsLoopback(BindingAddress address) =>
        address.IsUnixPipe
        || address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address.Host.Trim('[', ']'), out IPAddress? ip) && IPAddress.IsLoopback(ip));
}
