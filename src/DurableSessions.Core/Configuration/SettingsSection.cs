using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace DurableSessions.Core.Configuration;

/// <summary>A class of settings, and the section of a host's configuration that holds them.</summary>
internal sealed class SettingsSection(string name, Type type)
{
    public string Name => name;

    public Type Type => type;

    /// <summary>The properties by their keys in the section; as in all configuration, case does not matter.</summary>
    public IReadOnlyDictionary<string, PropertyInfo> Properties { get; } = type.GetProperties()
        .Where(static property => property.SetMethod is { IsPublic: true })
        .ToDictionary(
            static property => property.GetCustomAttribute<ConfigurationKeyNameAttribute>()?.Name ?? property.Name,
            StringComparer.OrdinalIgnoreCase);

    /// <summary>Sets what has a value in <paramref name="configuration"/>; an empty value counts as absent.</summary>
    /// <exception cref="OptionsValidationException">A value is not of the type of its setting.</exception>
    public void Bind(object options, IConfiguration configuration)
    {
        Dictionary<string, string?> values = [];
        List<string> failures = [];
        foreach ((string key, PropertyInfo property) in Properties)
        {
            if (configuration[$"{name}:{key}"] is not { Length: > 0 } text)
            {
                continue;
            }

            values[key] = text;
            if (!IsOf(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType, text))
            {
                failures.Add(Describe(key, property, text));
            }
        }

        if (failures.Count > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, type, failures);
        }

        new ConfigurationBuilder().AddInMemoryCollection(values).Build().Bind(options);
    }

    /// <summary>A failure of the validator of this class; where it is of one setting, with its whole key and its value.</summary>
    public string Describe(string failure, IConfiguration configuration)
    {
        // A validator puts the name of the property in front. Generated ones replace the error messages of some attributes.
        (string key, PropertyInfo? property) = Properties.FirstOrDefault(
            pair => failure.StartsWith(pair.Value.Name + ": ", StringComparison.Ordinal));
        return property is not null && configuration[$"{name}:{key}"] is { Length: > 0 } text ? Describe(key, property, text) : failure;
    }

    private static bool IsOf(Type type, string text) => type == typeof(int)
        ? int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _)
        : type == typeof(long) ? long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _)
        : TypeDescriptor.GetConverter(type).IsValid(text);

    private string Describe(string key, PropertyInfo property, string text)
    {
        string setting = $"{name}:{key} '{text}'";
        return property.GetCustomAttributes<ValidationAttribute>().FirstOrDefault()?.FormatErrorMessage(setting)
            ?? $"{setting} is invalid.";
    }
}
