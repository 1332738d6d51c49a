using System.Security.Cryptography;

namespace DurableSessions.LocalStorage;

/// <summary>
/// The account key of a data folder: 512 random bits, made once and kept in <c>account.key</c>, which only its owner reads. Azurite's data
/// is not bound to it, so a folder that has none, or whose file is damaged, gets a new one and keeps its data.
/// </summary>
internal static class AccountKey
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "account.key";

    private const int Bytes = 64;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Reads the key of a folder, or makes one. The caller has locked the folder.</summary>
    /// <returns>The key in Base64.</returns>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file belongs to another user.</exception>
    public static string Ensure(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (Read(path) is { } known)
        {
            Restrict(path);
            return known;
        }

        // A process that dies before the move leaves a file that the next one replaces.
        string made = path + ".new";
        string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(Bytes));
        File.Delete(made);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using (var stream = new FileStream(made, options))
        {
            stream.Write(System.Text.Encoding.ASCII.GetBytes(key));
            stream.Flush(flushToDisk: true);
        }

        File.Move(made, path, overwrite: true);
        return key;
    }

    // Null: there is no key that Azurite could use, as after a crash of the machine.
    private static string? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        string text = File.ReadAllText(path).Trim();
        byte[] key = new byte[Bytes];
        return Convert.TryFromBase64String(text, key, out int length) && length == Bytes ? text : null;
    }

    private static void Restrict(string path)
    {
        if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(path) != OwnerOnly)
        {
            File.SetUnixFileMode(path, OwnerOnly);
        }
    }
}
