using System.ComponentModel.DataAnnotations;

namespace DurableSessions.Http.Limits;

/// <summary>
/// The proxies in front of a host, whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> it believes; the section <c>Proxies</c> of its
/// settings. Of any other client both headers are ignored: a client could write any address there, and be counted by it.
/// </summary>
public sealed class ProxySettings
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Proxies";

    /// <summary>The most networks in <see cref="Trusted"/>.</summary>
    public const int MaxNetworks = 100;

    /// <summary>
    /// The proxies' addresses, or networks such as <c>10.0.0.0/8</c>, separated by commas: at most <see cref="MaxNetworks"/>, and none of
    /// them all addresses. Null: there is no proxy.
    /// </summary>
    [Networks(ErrorMessage = "{0} is not a list of addresses or of networks such as 10.0.0.0/8, separated by commas.")]
    public string? Trusted { get; set; }

    /// <summary>How many proxies a request comes through, one behind the other: 1 to 10.</summary>
    [Range(1, 10, ErrorMessage = "{0} is not a whole number from {1} to {2}.")]
    public int Hops { get; set; } = 1;

    /// <summary>Requires text that <see cref="TrustedProxies.TryParse"/> reads.</summary>
    [AttributeUsage(AttributeTargets.Property)]
    internal sealed class NetworksAttribute : ValidationAttribute
    {
        /// <inheritdoc/>
        public override bool IsValid(object? value) => value is null || (value is string text && TrustedProxies.TryParse(text) is not null);
    }
}
