/*
 * Decodes one JPEG picture from standard input with libjpeg and accepts no warning. Prints width,
 * height and the mean brightness, "640 480 117.25"; exit status 1 and the message when it is
 * damaged.
 */
#include <stdio.h>
#include <stdlib.h>
#include <jpeglib.h>

static void complain(j_common_ptr info, int level)
{
	if (level < 0) {
		info->err->error_exit(info);
	}
}

static void decode(struct jpeg_decompress_struct *info)
{
	double sum = 0;

	jpeg_read_header(info, TRUE);
	info->out_color_space = JCS_GRAYSCALE;
	jpeg_start_decompress(info);
	JSAMPROW row = calloc(info->output_width, 1);
	if (!row) {
		exit(EXIT_FAILURE);
	}
	while (info->output_scanline < info->output_height) {
		jpeg_read_scanlines(info, &row, 1);
		for (JDIMENSION x = 0; x < info->output_width; x++) {
			sum += row[x];
		}
	}
	free(row);
	printf("%u %u %.2f\n", info->output_width, info->output_height,
		sum / info->output_width / info->output_height);
	jpeg_finish_decompress(info);
}

int main(void)
{
	struct jpeg_error_mgr errors;
	struct jpeg_decompress_struct info = {.err = jpeg_std_error(&errors)};

	errors.emit_message = complain;
	jpeg_create_decompress(&info);
	jpeg_stdio_src(&info, stdin);
	decode(&info);
	jpeg_destroy_decompress(&info);
	return EXIT_SUCCESS;
}
