/* A folder that is named as --out and holds anything (files.h): it is replaced only where it is hearth's, and a folder
 * that is refused keeps every file. */
#include "files.h"
#include "render/sink.h"
#include "require.h"

#include <dirent.h>
#include <stdbool.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned entries(const char *path)
{
    unsigned count = 0;
    DIR *dir = opendir(path);
    while (dir && readdir(dir))
        count++;
    if (dir)
        closedir(dir);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char out[96];
    snprintf(out, sizeof out, "%s/out", files_new());
    files_lay(data, size);
    struct rendered rendered = {0};
    buf_str(&rendered.machine_config, "machine: {}\n");
    buf_str(&rendered.plan_json, "{\"apiVersion\":\"hearth/v1\"}\n");
    struct error e = {0};
    unsigned before = entries(out), beside = entries(files_dir);
    bool refused = sink_check(out, &e) != 0;
    require(!refused || e.code != E_NONE);
    int result = sink_directory(out, &rendered, &e);
    require(refused == (result != 0));
    require(!refused || (entries(out) == before && entries(files_dir) == beside));
    char config[128];
    snprintf(config, sizeof config, "%s/machine-config.yaml", out);
    require(refused || access(config, R_OK) == 0);
    buf_free(&rendered.machine_config);
    buf_free(&rendered.plan_json);
    return 0;
}
