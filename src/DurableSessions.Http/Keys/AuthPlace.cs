using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace DurableSessions.Http.Keys;

/// <summary>Where a host runs, as far as it decides whether requests need a key.</summary>
/// <param name="Reachable">
/// What clients on other machines reach, as an error names it; <see langword="null"/> where only the host's own machine reaches it.
/// </param>
/// <param name="DefaultsToKeys">Whether the host needs keys where <see cref="AuthSettings.Mode"/> is not set.</param>
/// <param name="Closing">How to keep clients on other machines away, beginning with a verb; ends the errors that need it.</param>
public sealed record AuthPlace(string? Reachable, bool DefaultsToKeys, string Closing)
{
    // Azure sets these for every app that it runs; the tools that run an app on a developer's machine do not.
    private static readonly string[] s_deployed = ["WEBSITE_INSTANCE_ID", "WEBSITE_SITE_NAME", "CONTAINER_APP_NAME"];

    /// <summary>
    /// The place of a Functions app. Only one that runs in development and is not deployed is reached by its own machine alone: an app
    /// that is deployed with the environment <c>Development</c> is reached by all.
    /// </summary>
    /// <param name="configuration">The app's configuration, with the environment's variables.</param>
    /// <param name="environment">The app's environment.</param>
    public static AuthPlace OfFunctions(IConfiguration configuration, IHostEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        bool isDeployed = Array.Exists(s_deployed, name => !string.IsNullOrEmpty(configuration[name]));
        bool isOwnMachine = environment.IsDevelopment() && !isDeployed;
        return new AuthPlace(
            isOwnMachine ? null : "this app", DefaultsToKeys: false, "run it in development, where it is not deployed");
    }

    /// <summary>Whether a host here serves with keys alone.</summary>
    public bool NeedsKeys(AuthSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return settings.IsKeys || Reachable is not null || (!settings.IsDev && DefaultsToKeys);
    }

    /// <summary>Why a host with these settings must not start, whatever keys there are; <see langword="null"/> where it may.</summary>
    public string? Refuse(AuthSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return settings.IsDev && Reachable is not null
            ? $"Auth:Mode is dev, so any client that reaches {Reachable} could read and change every session. "
                + $"Leave Auth:Mode out, or {Closing}."
            : null;
    }

    /// <summary>
    /// Why a host with these settings and these keys must not serve; <see langword="null"/> where it may. It may with keys, and without
    /// keys only in a container that never had any, for its own machine, where <see cref="NeedsKeys"/> is false.
    /// </summary>
    /// <remarks>
    /// Keys under <c>Auth:Mode=dev</c> are an error: a host that ignored them would be open, and one that ignored the setting would refuse
    /// requests that its operator expects to be answered.
    /// </remarks>
    /// <param name="settings">The host's settings.</param>
    /// <param name="keys">The keys, which were read.</param>
    public string? Refuse(AuthSettings settings, KeyRing keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (Refuse(settings) is { } refusal)
        {
            return refusal;
        }

        if (keys.AreMissing)
        {
            return KeyStore.MissingMessage;
        }

        if (keys.HasKeys)
        {
            return settings.IsDev
                ? "Auth:Mode is dev, but there are keys in the container. Leave Auth:Mode out, or name another container in "
                    + "Storage:Container."
                : null;
        }

        return !NeedsKeys(settings) ? null
            : Reachable is not null
                ? $"There are no keys, so any client that reaches {Reachable} could read and change every session. "
                    + $"Make one with 'keys add', or {Closing}."
            : settings.IsKeys ? "There are no keys, and Auth:Mode is keys. Make the first one with 'keys add'."
            : "There are no keys. Make the first one with 'keys add', or set Auth:Mode=dev: then every client on this machine, and no "
                + "other, is answered without a key.";
    }
}
