using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace DurableSessions.Core.Configuration;

/// <summary>Binds options to a host's configuration, and validates all that are bound.</summary>
public static class HostSettings
{
    /// <summary>
    /// Binds options to a section of the host's configuration, when they are first used, and validates them when the host starts. A key's
    /// name is that of its property, or its <see cref="ConfigurationKeyNameAttribute"/>. An empty value leaves the default. Each class
    /// that is bound to a section adds to the keys that it may have; any other key is an error.
    /// </summary>
    /// <param name="options">The options. An error message of their attributes begins with <c>{0}</c>, and is a sentence.</param>
    /// <param name="section">The section's name.</param>
    public static OptionsBuilder<T> BindSettings<T>(this OptionsBuilder<T> options, string section)
        where T : class
    {
        var settings = new SettingsSection(section, typeof(T));
        options.Services.AddSingleton(settings);
        options.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<KnownSettings>, KnownSettingsValidator>());
        options.Services.AddOptions<KnownSettings>().ValidateOnStart();
        return options.Configure<IConfiguration>((value, configuration) => settings.Bind(value, configuration)).ValidateOnStart();
    }

    /// <summary>
    /// Validates all options that are validated at a start, before anything is started. Nothing but options is created for it.
    /// </summary>
    /// <exception cref="SettingsException">Some are invalid.</exception>
    public static void ValidateSettings(this IServiceProvider services)
    {
        try
        {
            services.GetRequiredService<IStartupValidator>().Validate();
        }
        catch (OptionsValidationException e)
        {
            throw new SettingsException(Describe(services, [e]), e);
        }
        catch (AggregateException e) when (e.InnerExceptions.All(static inner => inner is OptionsValidationException))
        {
            throw new SettingsException(Describe(services, e.InnerExceptions.Cast<OptionsValidationException>()), e);
        }
    }

    // Options that are made from other options fail with them, so that a failure may come twice.
    private static string Describe(IServiceProvider services, IEnumerable<OptionsValidationException> exceptions)
    {
        SettingsSection[] sections = [.. services.GetServices<SettingsSection>()];
        var configuration = services.GetRequiredService<IConfiguration>();
        return string.Join(' ', exceptions.SelectMany(e => e.Failures.Select(failure =>
            sections.FirstOrDefault(section => section.Type == e.OptionsType)?.Describe(failure, configuration) ?? failure)).Distinct());
    }
}
